; What /KEEP leaves, beyond 16 MiB, is INT 15h's.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /KEEP=24M
; plan: 22

%define KEPT_KIB (24 * 1024)
%include "xms/int15-left.inc"
