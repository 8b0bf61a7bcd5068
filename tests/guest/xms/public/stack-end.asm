; xms/stack-end with a public handle table.
; expect: pass
; machines: qemu bochs
; host-args: /TABLE

%include "xms/stack-end.asm"
