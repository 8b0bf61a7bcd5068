; xms/device-driver on the smallest machine, on common ones and on one with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 4 256 3072
; whole: yes
; host: device
; host-args: /HANDLES=40
; config: DEVICE=C:\FERRITE.EXE
; plan: 19

%include "xms/device-driver.asm"
