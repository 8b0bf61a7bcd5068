; Clients of both widths, each started by one of the other, six deep:
; each has its own LDT, vectors and memory, and finds them as they were.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 8
; timeout: 60

%define NEST_DEPTH 6
%define MIXED
%include "dpmi/nested.inc"
