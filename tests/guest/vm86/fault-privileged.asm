; A client that dies of a privileged instruction (#GP), no handler set.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        lgdt    [results]
        jmp     $
