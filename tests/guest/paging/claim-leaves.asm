; /LEAVE is left free beyond the lower limit; /KEEP is never claimed.
; expect: pass
; machines: qemu
; memory: 64
; host-args: /LEAVE=60M /MIN=10M /KEEP=4M
; plan: 4

%define LEAST_KIB 10240
%define MOST_KIB 10240
%include "paging/claim.inc"
