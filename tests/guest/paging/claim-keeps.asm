; /KEEP goes before the lower limit.
; expect: pass
; machines: qemu
; memory: 64
; host-args: /KEEP=60M /MIN=10M
; plan: 4

%define LEAST_KIB 2048
%define MOST_KIB 3072
%include "paging/claim.inc"
