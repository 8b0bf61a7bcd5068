; Every kind of fault in the handler of IRQ 0 of a client that stayed resident, while a real-mode program runs: without an exception handler both end, with
; one it goes on, and ends the other program by 4Ch.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 300

%include "faults/resident.inc"
%include "faults/resident-clock.inc"
