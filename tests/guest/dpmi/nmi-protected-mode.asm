; NMI while a client runs in protected mode: its exception handler, else its interrupt handler, else real mode's vector 2.
; (QEMU's is nmi.asm, with another processor.)
; expect: pass
; machines: bochs
; width: 16 32
; plan: 18

%include "dpmi/nmi.inc"
