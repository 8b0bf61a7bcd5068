; A client that faults inside its protected-mode timer handler (IRQ 0).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        set_handler 0205h, 08h, bad_timer
        sti
        jmp     $
bad_timer:
        ud2
        jmp     $
