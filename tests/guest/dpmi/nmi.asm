; NMI while a client runs: its exception handler, else its interrupt handler, else real mode's vector 2; in V86 mode real mode's,
; whatever the client has.
; expect: pass
; machines: qemu
; width: 16 32
; cpu: pentium3
; plan: 21

%define NMI_IN_V86
%include "dpmi/nmi.inc"
