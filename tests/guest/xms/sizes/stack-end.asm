; xms/stack-end on the smallest machine, on common ones and on one with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 4 256 3072
; whole: yes

%include "xms/stack-end.asm"
