; INT 25h from protected mode ("MS-DOS" extension): the first sectors of drive C, by packet (CX=FFFFh); the packet's
; buffer pointer is offset and selector. The flags stay on the stack, as in real mode (in the client's width).
; expect: pass
; (DOSBox-X has no sectors where a drive is a directory.)
; machines: qemu bochs
; width: 16 32
; plan: 5

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     ax, ds
        mov     [buffer_selector], ax
        mov     [before], esp
        mov     al, 2
        mov     cx, 0FFFFh
        xor     dx, dx
        mov     ebx, packet
        int     25h
        setc    [carry]
        mov     [after], esp
        mov     esp, [before]
        cmp     byte [carry], 0
        expect_flag e, "25h: reads by packet"
        expect_equal16 [buffer + 510], 0AA55h, "25h: a boot sector has come"
        mov     eax, [before]
        sub     eax, [after]
        expect_equal eax, WIDTH / 8, "25h: the flags are on the stack"
        mov     dword [packet], -1
        mov     al, 2
        mov     cx, 0FFFFh
        mov     ebx, packet
        int     25h
        mov     esp, [before]
        expect_flag c, "25h: a sector that is none"
        expect_at_least esp, 100h, "25h: the client goes on"
        jmp     finish

section .data
        align 4
packet: dd 0
        dw 2
%if WIDTH == 16
        dw buffer
%else
        dd buffer
%endif
buffer_selector: dw 0

section .bss
        alignb 4
before: resd 1
after:  resd 1
carry:  resb 1
        alignb 16
buffer: resb 1024
