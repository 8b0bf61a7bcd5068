; INT 31h 0100h: what the host takes of conventional memory at the entry is not where DOS's next block would be. A program that has looked
; for that place, to have it aligned, gets it (Microsoft's DOSX32 gives up otherwise).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 3

%include "dpmi.inc"

PARAGRAPHS equ 100h

main:
        call    find_host               ; what the host wants comes first
        mov     bx, [host_paragraphs]
        mov     ah, 48h
        int     21h
        mov     [hosts], ax
        mov     ah, 48h
        mov     bx, PARAGRAPHS
        int     21h
        expect_flag nc, "48h in real mode"
        mov     [place], ax
        mov     es, ax
        mov     ah, 49h
        int     21h
        mov     es, [hosts]
        mov     ah, 49h
        int     21h
        push    ds
        pop     es
        call    enter_protected_mode
        mov     ebx, PARAGRAPHS
        int31   0100h
        expect_flag nc, "0100h"
        expect_equal16 ax, [place], "0100h gives the same place"
        jmp     finish

section .bss
hosts:  resw 1
place:  resw 1
section .text
