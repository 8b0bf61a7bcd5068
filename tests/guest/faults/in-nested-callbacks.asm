; Every kind of fault at the end of a long way in: an exception handler's INT, whose handler calls real mode, which calls back, which calls
; real mode again, where a timer tick comes: each has to be found again, or to be dropped with the client.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%define OWN_CALLBACK
%define ENTERED_BY_EXCEPTION by_interrupt
%include "faults/faults.inc"
%include "faults/callback.inc"
%include "faults/tick.inc"

child_ends:
        set_handler 0203h, 05h, handler_5
        set_handler 0205h, 67h, on_interrupt
.next:
        call    next_kind
        jc      recovered
        mov     byte [ticked], 0
        mov     byte [entering], 1
        bound   ax, [no_bounds]
        jmp     .next

; The exception handler.
by_interrupt:
        pushad
        push    es
        int     67h
        pop     es
        popad
        ret

on_interrupt:
        sti
        call    through_callback
        interrupt_return

called_back:
        set_handler 0205h, 08h, clock
        mov     edi, inner_structure
        mov     cx, 32h
        xor     al, al
        rep     stosb
        mov     ax, [real_segment]
        mov     [inner_structure + 2Ch], ax
        mov     word [inner_structure + 2Ah], wait_for_tick
        xor     bx, bx
        xor     cx, cx
        mov     edi, inner_structure
        int31   0301h
        ret

section .bss
                alignb 4
inner_structure: resb 34h
section .text
