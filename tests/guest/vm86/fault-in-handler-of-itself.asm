; A client whose handler of a fault raises the same fault, again and again.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        set_handler 0203h, 06h, bad_handler
        ud2
        jmp     $
bad_handler:
        ud2
        jmp     $
