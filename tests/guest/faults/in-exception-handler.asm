; Every kind of fault in a client's exception handler: without a handler of its own the client ends alone, with one the handler goes on
; and returns.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%define ENTERED_BY_EXCEPTION fault
%include "faults/faults.inc"

child_ends:
        set_handler 0203h, 05h, handler_5
.next:
        call    next_kind
        jc      recovered
        mov     byte [entering], 1
        bound   ax, [no_bounds]
        jmp     .next
