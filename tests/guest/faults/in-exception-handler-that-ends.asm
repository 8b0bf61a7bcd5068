; Every kind of fault in an exception handler that does not return, but ends its client by 4Ch: without a handler of its own the client
; ends alone, as by the fault, with one the handler comes to its 4Ch.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%define ENTERED_BY_EXCEPTION by_exception
%include "faults/faults.inc"

child_ends:
        set_handler 0203h, 05h, handler_5
        mov     byte [entering], 1
        bound   ax, [no_bounds]
        ud2

by_exception:
        push    ds
        pop     es
.next:
        call    next_kind
        jc      recovered
        call    fault
        jmp     .next
