; Sixteen clients, each started by the one before:
; each has its own LDT, vectors and memory, and finds them as they were.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 8
; timeout: 60

%define NEST_DEPTH 16
%include "dpmi/nested.inc"
