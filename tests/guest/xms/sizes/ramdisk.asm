; xms/ramdisk on the smallest machine, on common ones and on one with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 4 256 3072
; whole: yes
; host: device
; config: DOS=HIGH
; config: DEVICE=C:\RAMDISK.SYS
; file: ../child/ramdisk.asm=RAMDISK.SYS
; plan: 10
; timeout: 60

%include "xms/ramdisk.asm"
