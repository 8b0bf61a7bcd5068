; Demand paging: half as much again as the machine has is filled, verified and changed in order, downwards, in strides, at
; random and in a loop (DPMI 0.9, chapter on virtual memory; 0501h). paging/fill-4x does it with four times as much.
; expect: pass
; machines: qemu bochs dosbox-x
; memory: 8
; width: 16 32
; whole: 16
; timeout: 400
; boot: own
; plan: 10

%include "dpmi.inc"
%include "fill.inc"

main:
        call    enter_protected_mode
        call    half_as_many_again
        call    fill_all
        jmp     finish
