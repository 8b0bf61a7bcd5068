; A hundred clients one after another, of a parent that is none: after each there is as much memory as before, and the next
; gets the same addresses, handles and callbacks.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 120

%define CHILD_EXIT 2Ah
%define RUNS 100
%include "vm86/victim.inc"

child_ends:
        mov     ax, 4C2Ah
        int     21h
