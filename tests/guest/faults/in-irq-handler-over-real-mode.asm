; Every kind of fault in a client's handler of IRQ 0, which interrupted real mode: without an exception handler the client ends alone,
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
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], wait_for_tick
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        jmp     child_ends
