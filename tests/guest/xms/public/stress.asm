; xms/stress while there is a public handle table (/TABLE) and blocks do not move.
; expect: pass
; machines: qemu dosbox-x
; host-args: /TABLE
; args: 3 4000
; plan: 16
; timeout: 240

%include "xms/stress.asm"
