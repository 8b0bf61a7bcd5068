; INT 31h 0B00h with type 0, a watchpoint for execution: a handler of exception 01h that only returns comes back to an instruction
; that runs now, and has not been called for it again; nor has one without a handler stopped anything.
; expect: pass
; (QEMU crashes on one where the base of CS is not 0; DOSBox-X has none.)
; machines: bochs
; width: 16 32
; plan: 7
; service: 0B00 0B02

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     ax, executed
        call    linear_of
        service 0B00h
        set_pair in_bx, in_cx, eax
        mov     word [in_dx], 1         ; one byte, execution
        call    call_service
        accepted "0B00h: watch for execution", R_EBX
        xor     cx, cx
        call    executed
        expect_equal16 cx, 1, "without a handler the instruction is executed"
        mov     bx, [out_bx]
        int31   0B02h
        and     ax, 1
        expect_equal16 ax, 1, "and the watchpoint was met"
        set_handler 0203h, 01h, debug
        xor     cx, cx
        call    executed
        expect_equal16 cx, 1, "with one that returns, too"
        expect_equal16 [hits], 1, "which was called once"
        call    executed
        expect_equal16 [hits], 2, "and is again the next time"
        jmp     finish

executed:
        inc     cx
        ret

; More than a handful means that it would never end.
debug:
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [hits]
        cmp     word [hits], 5
        pop     ds
        jae     .stuck
        far_return
.stuck:
        mov     ax, 4C02h
        int     21h

section .bss
hits:    resw 1
