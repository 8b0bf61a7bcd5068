; xms/resize while there is a public handle table (/TABLE) and blocks do not move.
; expect: pass
; machines: qemu bochs
; host-args: /TABLE

%include "xms/resize.asm"
