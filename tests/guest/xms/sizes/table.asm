; xms/table on the smallest machine, on common ones and on one with a hole below 4 GiB.
; expect: pass
; machines: qemu
; memory: 4 256 3072
; whole: yes
; host: resident launcher
; host-args: /TABLE /HANDLES=20
; plan: 96

%include "xms/table.asm"
