; xms/nested, whose blocks are large, on machines of three sizes, one of them with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 16 256 3072
; whole: yes
; plan: 26
; timeout: 120

%include "xms/nested.asm"
