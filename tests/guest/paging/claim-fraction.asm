; /CLAIM claims a share of the extended memory: a quarter of 64 MiB less the first.
; expect: pass
; machines: qemu bochs dosbox-x
; memory: 64
; host-args: /CLAIM=25
; plan: 4

%define LEAST_KIB 63*256-128
%define MOST_KIB 63*256
%include "paging/claim.inc"
