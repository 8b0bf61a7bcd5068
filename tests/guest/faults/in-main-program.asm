; Every kind of fault in a client's main program: without a handler the client ends alone, with one it goes on.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"

child_ends:
        call    next_kind
        jc      recovered
        call    fault
        jmp     child_ends
