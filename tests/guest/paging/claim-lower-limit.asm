; /MIN is the least to claim, whatever the share; /MEM goes before it.
; expect: pass
; machines: qemu
; memory: 64
; host-args: /CLAIM=1 /MIN=8M
; plan: 4

%define LEAST_KIB 8192
%define MOST_KIB 8192
%include "paging/claim.inc"
