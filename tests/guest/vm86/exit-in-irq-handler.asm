; A client that ends by AH=4Ch inside its protected-mode timer handler.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define CHILD_EXIT 2Dh
%include "vm86/victim.inc"

child_ends:
        set_handler 0205h, 1Ch, ending
        sti
        jmp     $
ending:
        mov     ax, 4C2Dh
        int     21h
