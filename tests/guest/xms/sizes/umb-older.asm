; xms/umb-older on the smallest machine, on common ones and on one with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 4 256 3072
; whole: yes
; config: DEVICE=C:\OLDERXMS.SYS
; file: ../child/olderxms.asm=OLDERXMS.SYS
; plan: 82

%include "xms/umb-older.asm"
