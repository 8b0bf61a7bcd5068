; Every kind of fault in a client that stayed resident, in a callback by which another client's real-mode call comes: without an
; exception handler both end, with one it goes on, and ends its caller by 4Ch. Nothing of either is left.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 300

%include "faults/resident.inc"

resident_begins:
        ret

other_program:
        call    enter_protected_mode
        mov     bx, 8
        xor     cx, cx
        int31   0501h
        push    ds
        pop     es
        call    clear_call
        mov     bx, SERVICE
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        mov     ax, 4C00h | EXIT_UNHARMED
        int     21h
