; INT 31h 0B00h on memory that real-mode code uses, its stack among it: the watchpoint notes it and real mode goes on.
; (INT 01h of DOS is an IRET. Had it been called, it would have popped from the watched words, and met them again, for ever.)
; expect: pass
; (DOSBox-X has no breakpoints in its debug registers.)
; machines: qemu bochs
; width: 16 32
; plan: 6

%include "dpmi.inc"

main:
        call    enter_protected_mode
%ifdef STEP_FIRST
        pushf
        pop     ax
        mov     bx, ax
        or      ax, FLAG_TRAP
        push    ax
        popf
        nop
        push    bx
        popf
        mov     eax, dr6
        test    ah, 40h                 ; BS
        expect_flag nz, "a single step shows in DR6"
%endif
        mov     ax, real_stack_top - 6  ; where 0301h's procedure has an interrupt's frame
        call    linear_of
        mov     [address], eax
        mov     bx, [address + 2]
        mov     cx, [address]
        mov     dx, 0202h               ; a word, read or written
        int31   0B00h
        expect_flag nc, "0B00h: a word of a real-mode stack is watched"
        mov     [handle], bx
        call    real
        expect_equal16 [call_eax], 1234h, "real-mode code that uses it comes back"
        mov     bx, [handle]
        int31   0B02h
        test    ax, 1
        expect_flag nz, "0B02h: it has been met"
        mov     bx, [handle]
        int31   0B03h
        mov     bx, [handle]
        int31   0B02h
        test    ax, 1
        expect_flag z, "0B03h: forgotten"
        call    real
        mov     bx, [handle]
        int31   0B02h
        test    ax, 1
        expect_flag nz, "and met again"
        mov     bx, [handle]
        int31   0B01h
        expect_flag nc, "0B01h: cleared"
        jmp     finish

; real: a procedure on the watched stack, with interrupts in it.
real:
        push    ds
        pop     es
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ss], ax
        mov     word [call_sp], real_stack_top
        mov     word [call_ip], procedure
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        ret

; on the stack: IP and CS of the return, then the interrupt's flags at real_stack_top - 6
procedure:
        int     11h
        int     12h
        mov     ax, 1234h
        retf

section .bss
                  alignb 4
address:          resd 1
handle:           resw 1
