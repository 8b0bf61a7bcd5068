; xms/wild with a public handle table.
; expect: pass
; machines: qemu bochs
; host-args: /TABLE

%include "xms/wild.asm"
