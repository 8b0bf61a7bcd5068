; A client that ends by AH=4Ch inside its protected-mode timer handler.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60
; boot: own
;
; SeaBIOS calls INT 1Ch on a stack of its own, 2 KiB, whose position it only puts back
; when the call returns. Every handler that is abandoned costs some 100 bytes of it,
; under any host and without one, so a machine stands about 20 of them.

%define CHILD_EXIT 2Dh
%include "vm86/victim.inc"

child_ends:
        set_handler 0205h, 1Ch, ending
        sti
        jmp     $
ending:
        mov     ax, 4C2Dh
        int     21h
