; The way back to a client whose CS has become shorter than (E)IP ends in an exception 0Dh there, with error code 0. What lies
; behind the segment's end is nothing of the client's code, and is not carried out for it: CLTS, HLT.
; expect: pass
; machines: bochs
; width: 16 32
; plan: 4

%include "dpmi.inc"
%include "dpmi/exit-fault.inc"

main:
        call    enter_protected_mode
        call    prepare
        call    new_segments
        mov     word [resume_at], .done
        mov     word [code_offset], .in_code
        jmp     far [code_pointer]
        align   16
.in_code:
        mov     bx, cs
        mov     dx, .place - 1
        xor     cx, cx
        int31   0008h
.place:
        clts
        hlt
        int     60h
        hlt
.done:
        exit_fault "a CS that was shortened", .place, 0
        call    restore
        jmp     finish
