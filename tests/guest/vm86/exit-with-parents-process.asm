; A client makes its parent the current process (50h) and ends by 4Ch: it is the client that ends, and not the parent.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define CHILD_EXIT 2Ah
%include "vm86/victim.inc"

child_ends:
        mov     bx, [real_segment]      ; a .COM file: its PSP
        int31   0002h
        mov     es, ax
        mov     bx, [es:16h]            ; the parent's PSP
        int31   0002h
        mov     bx, ax
        mov     ah, 50h
        int     21h
        mov     ax, 4C00h + CHILD_EXIT
        int     21h
        jmp     $

