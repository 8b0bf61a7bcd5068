; A client that starts a client that starts a client: of the same width, four deep:
; each has its own LDT, vectors and memory, and finds them as they were.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 8
; timeout: 60

%define NEST_DEPTH 4
%include "dpmi/nested.inc"
