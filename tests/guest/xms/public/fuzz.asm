; xms/fuzz while there is a public handle table (/TABLE) and blocks do not move.
; expect: pass
; machines: qemu bochs
; host-args: /TABLE
; args: 3 20000
; plan: 18
; timeout: 240

%include "xms/fuzz.asm"
