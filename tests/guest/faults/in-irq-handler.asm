; Every kind of fault in a client's handler of IRQ 0, which interrupted the client: without an exception handler the client ends alone,
; with one the IRQ handler goes on and returns.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"
%include "faults/tick.inc"

child_ends:
        call    next_kind
        jc      recovered
        mov     byte [ticked], 0
        set_handler 0205h, 08h, clock
        sti
.wait:
        cmp     byte [ticked], 0
        je      .wait
        jmp     child_ends
