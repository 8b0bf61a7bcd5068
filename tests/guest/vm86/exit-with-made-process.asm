; A client makes a PSP of its own (55h), which becomes the current one, and ends by 4Ch: it is the client that ends, and nothing of
; it is left.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define CHILD_EXIT 2Ah
%include "vm86/victim.inc"

child_ends:
        mov     bx, 11h
        int31   0100h
        mov     [made], dx
        mov     ah, 55h
        xor     si, si
        int     21h
        mov     bx, [made]
        mov     ah, 50h
        int     21h
        mov     ax, 4C00h + CHILD_EXIT
        int     21h
        jmp     $

section .bss
made:             resw 1
section .text
