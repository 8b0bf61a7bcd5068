; Every kind of fault in a callback that a real-mode procedure calls: without a handler the client ends alone, with one the callback
; goes on and returns to real mode.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%define OWN_CALLBACK
%include "faults/faults.inc"
%include "faults/callback.inc"

child_ends:
        call    next_kind
        jc      recovered
        call    through_callback
        jmp     child_ends

called_back:
        call    fault
        ret
