; xms/end-in-move, whose blocks are large, on machines of three sizes, one of them with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 16 256 3072
; whole: yes
; plan: 12
; file: ../child/dies.asm=DIES.COM
; timeout: 60

%include "xms/end-in-move.asm"
