; /MEM goes before /MIN: it is the most to claim.
; expect: pass
; machines: qemu bochs
; memory: 64
; host-args: /CLAIM=90 /MIN=20M /MEM=6M
; plan: 4

%define LEAST_KIB 6144
%define MOST_KIB 6144
%include "paging/claim.inc"
