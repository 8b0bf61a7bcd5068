; xms/nested while there is a public handle table (/TABLE) and blocks do not move.
; expect: pass
; machines: qemu bochs
; host-args: /TABLE
; plan: 26
; timeout: 120

%include "xms/nested.asm"
