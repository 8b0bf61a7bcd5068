; xms/table with Ferrite from CONFIG.SYS and DOS high.
; expect: pass
; machines: qemu bochs
; host: device
; host-args: /TABLE /HANDLES=20
; config: DOS=HIGH
; plan: 96

%include "xms/table.asm"
