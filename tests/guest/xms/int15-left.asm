; What /KEEP leaves, below 16 MiB, is INT 15h's.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /KEEP=8M
; plan: 22

%define KEPT_KIB 8192
%include "xms/int15-left.inc"
