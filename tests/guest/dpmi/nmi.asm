; NMI while a client runs: its exception handler, else its interrupt handler, else real mode's vector 2; in V86 mode real mode's,
; whatever the client has. HLT is over at one in either.
; expect: pass
; machines: qemu
; width: 16 32
; cpu: pentium3
; plan: 23

%define NMI_IN_V86
%include "dpmi/nmi.inc"
