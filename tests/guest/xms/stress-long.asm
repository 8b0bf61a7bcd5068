; xms/stress with another seed and 100,000 steps in each state.
; expect: pass
; machines: qemu
; args: 5 100000
; plan: 16
; timeout: 400

%include "xms/stress.asm"
