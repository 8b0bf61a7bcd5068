; A client that stays resident from real mode, started by another client: the address of 0306h leads into the world of
; the client that asked for it, and its end leaves the parent as it was.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 7

%define NESTED
%include "dpmi/resident-in-real-mode.inc"
