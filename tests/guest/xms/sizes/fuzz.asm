; xms/fuzz on the smallest machine, on common ones and on one with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 4 256 3072
; whole: yes
; args: 1 20000
; plan: 18
; timeout: 240

%include "xms/fuzz.asm"
