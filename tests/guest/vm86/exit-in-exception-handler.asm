; A client that ends by AH=4Ch inside an exception handler.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define CHILD_EXIT 2Eh
%include "vm86/victim.inc"

child_ends:
        set_handler 0203h, 06h, ending
        ud2
ending:
        mov     ax, 4C2Eh
        int     21h
