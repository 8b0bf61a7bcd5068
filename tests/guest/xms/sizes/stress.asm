; xms/stress on the smallest machine, on common ones and on one with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 4 256 3072
; args: 1 4000
; plan: 16
; timeout: 240

%include "xms/stress.asm"
