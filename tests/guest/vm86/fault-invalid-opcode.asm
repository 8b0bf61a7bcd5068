; A client that dies of an invalid opcode (#UD).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        ud2
        jmp     $
