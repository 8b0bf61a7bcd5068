; Every kind of fault in a client's handler of its own INT 67h: without an exception handler the client ends alone, with one the handler
; goes on and returns.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"

child_ends:
        set_handler 0205h, 67h, handler_67
.next:
        call    next_kind
        jc      recovered
        int     67h
        jmp     .next

handler_67:
        call    fault
        interrupt_return
