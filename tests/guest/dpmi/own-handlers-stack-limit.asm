; INT n of a client that handles it, with SS:ESP beyond the stack segment's limit: the processor would refuse to push there, and so does
; the host. The client gets exception 0Ch, at the INT itself, and nothing is written beyond the limit.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 10

%include "dpmi.inc"

SEGMENT_LIMIT equ 0FFh

; calls SP, "text": INT 60h there, which has to be a stack fault.
%macro calls 2
        mov     word [faults], 0
        mov     word [calls_made], 0
        mov     [safe_esp], esp
        mov     word [wanted_ip], %%call
        mov     word [go_on], %%behind
        mov     ss, [small]
        mov     esp, %1
%%call:
        int     60h
%%behind:
        mov     ss, [safe_ss]
        mov     esp, [safe_esp]
        expect_equal16 [faults], 1, %2
        expect_equal16 [calls_made], 0, "its handler is not called"
%endmacro

main:
        call    enter_protected_mode
        mov     [safe_ss], ss
        set_handler 0203h, 0Ch, stack_fault
        set_handler 0205h, 60h, handler
        mov     ax, stack_area
        call    linear_of
        mov     edx, eax
        mov     ecx, SEGMENT_LIMIT
        call    segment_at
        mov     [small], ax
        calls   200h, "INT behind the limit"
        calls   SEGMENT_LIMIT + 2, "INT of which a byte is behind the limit"
        calls   4, "INT at the bottom"
        xor     eax, eax
        mov     si, stack_area
        mov     cx, 200h
.sum:
        or      al, [si]
        inc     si
        loop    .sum
        expect_equal eax, 0, "nothing was written behind the segment, nor in it"
        ; up to the last byte
        mov     [safe_esp], esp
        mov     ss, [small]
        mov     esp, SEGMENT_LIMIT + 1
        int     60h
        mov     ss, [safe_ss]
        mov     esp, [safe_esp]
        expect_equal16 [calls_made], 1, "INT with room is a call of the handler"
        expect_equal16 [wrong_place], 0, "each exception was at the INT"
        expect_equal16 [faults], 1, "and there were no others"
        jmp     finish

handler:
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [calls_made]
        pop     ds
        interrupt_return

stack_fault:
        push    ds
        push    eax
        push    ebp
        frame_base
        mov     ds, [cs:data_selector]
        inc     word [faults]
        mov     ax, [ss:ebp + 10 + EXCEPTION_IP]
        cmp     ax, [wanted_ip]
        je      .right
        inc     word [wrong_place]
.right:
        mov     ax, [go_on]
        mov     [ss:ebp + 10 + EXCEPTION_IP], ax
        pop     ebp
        pop     eax
        pop     ds
        far_return

section .bss
                alignb 4
safe_esp:       resd 1
safe_ss:        resw 1
small:          resw 1
faults:         resw 1
calls_made:     resw 1
wanted_ip:      resw 1
wrong_place:    resw 1
go_on:          resw 1
                alignb 16
stack_area:     resb 210h

section .text
