; INT 26h and 25h from protected mode ("MS-DOS" extension), by registers and by packet: sectors of a floppy disk, more than the transfer buffer
; holds, from the client's memory and back.
; expect: pass
; (DOSBox-X has no sectors where a drive is a directory.)
; machines: qemu bochs
; width: 16 32
; plan: 8
; floppy: blank
; timeout: 60

%include "dpmi.inc"

%define SECTORS 20
%define BYTES   (SECTORS * 512)
%define FIRST   100h                    ; on the disk

; sectors INTERRUPT, OFFSET, SECTOR, NUMBER: at OFFSET of the far segment; CF. The flags that the call leaves on the stack go.
%macro sectors 4
        mov     ebx, %2
        mov     dx, %3
        mov     cx, %4
        xor     al, al
        mov     ds, [far_segment]
        mov     [fs:before], esp
        int     %1
        mov     esp, [cs:before]
        mov     ds, [cs:data_selector]
%endmacro

main:
        call    enter_protected_mode
        mov     bx, 1
        xor     cx, cx
        int31   0501h
        push    bx
        push    cx
        pop     edx
        mov     ecx, 0FFFFh
        call    segment_at
        push    ds
        pop     fs
        mov     [far_segment], ax
        mov     [packet_segment], ax
        mov     es, ax
        xor     di, di
        mov     cx, BYTES / 2
        mov     ax, 1234h
.fill:
        stosw
        add     ax, 777
        loop    .fill

        mov     ah, 36h                 ; DOS knows the medium from now on
        mov     dl, 1
        int     21h
        sectors 26h, 0, FIRST, SECTORS
        expect_flag nc, "26h: writes"
        sectors 25h, 8000h, FIRST, SECTORS
        expect_flag nc, "25h: reads"
        call    compare
        expect_equal ecx, 0, "25h: what was written"

        ; by packet, one sector further: the first sector stays
        mov     ebx, packet
        mov     cx, -1
        xor     al, al
        mov     [before], esp
        int     26h
        mov     esp, [before]
        expect_flag nc, "26h: writes by packet"
        sectors 25h, 8000h, FIRST + 1, SECTORS
        expect_flag nc, "25h: reads further on"
        call    compare
        expect_equal ecx, 0, "25h: what was written there"
        mov     word [es:8000h], 0
        sectors 25h, 8000h, FIRST, 1
        mov     ax, [es:8000h]
        expect_equal16 ax, 1234h, "25h: the sector before is as it was"
        sectors 26h, 0, 0FFF0h, 1
        expect_flag c, "26h: a sector that is none"
        jmp     finish

; compare: ECX = 0 if both halves of the far segment hold the same.
compare:
        push    ds
        mov     ds, [far_segment]
        xor     si, si
        mov     di, 8000h
        mov     ecx, BYTES
        repe    cmpsb
        pop     ds
        je      .same
        ret
.same:
        xor     ecx, ecx
        ret

section .data
               align 4
packet:        dd FIRST + 1
               dw SECTORS
%if WIDTH == 16
               dw 0
%else
               dd 0
%endif
packet_segment: dw 0

section .bss
               alignb 4
before:        resd 1
far_segment:   resw 1
section .text
