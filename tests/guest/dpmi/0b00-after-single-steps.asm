; INT 31h 0B00h: a watchpoint that nobody handles is noted (0B02h) and does nothing else, also after the program has single-stepped:
; DR6 keeps its bit for a single step until it is cleared.
; expect: pass
; (DOSBox-X has no breakpoints in its debug registers.)
; machines: qemu bochs
; width: 16 32
; plan: 4
; service: 0B00 0B02

%include "dpmi.inc"

main:
        call    enter_protected_mode
        ; real mode's INT 01h, which is what a debug exception that nobody handles becomes
        mov     bl, 01h
        int31   0200h
        mov     [old_real], dx
        mov     [old_real + 2], cx
        mov     bl, 01h
        mov     cx, [real_segment]
        mov     dx, real_debug
        int31   0201h
        ; one step, with a handler
        mov     bl, 01h
        int31   0202h
        store_vector old_handler
        set_handler 0203h, 01h, step
        pushf
        pop     ax
        or      ax, FLAG_TRAP
        push    ax
        popf
        nop
        nop
        mov     bl, 01h
        load_vector old_handler
        int31   0203h
        expect_equal16 [steps], 1, "the program has made a single step"
        ; a watchpoint
        mov     ax, watched
        call    linear_of
        push    eax
        pop     cx
        pop     bx
        mov     dx, 0104h
        int31   0B00h
        expect_flag nc, "0B00h: watch for writes"
        mov     [handle], bx
        mov     dword [watched], 1
        nop
        mov     bx, [handle]
        int31   0B02h
        and     ax, 1
        expect_equal16 ax, 1, "0B02h: it was met"
        expect_equal16 [real_debugs], 0, "and real mode's INT 01h was not called"
        mov     bx, [handle]
        int31   0B01h
        mov     bl, 01h
        mov     dx, [old_real]
        mov     cx, [old_real + 2]
        int31   0201h
        jmp     finish

; The step's flags without TF: the only step.
step:
        push    ds
        push    eax
        push    ebp
        frame_base
        mov     ds, [cs:data_selector]
        inc     word [steps]
        and     word [ss:ebp + 10 + EXCEPTION_FLAGS], 0FFFFh ^ FLAG_TRAP
        pop     ebp
        pop     eax
        pop     ds
        far_return

real_debug:
        inc     word [cs:real_debugs]
        iret

section .bss
                alignb 4
watched:        resd 1
old_real:       resw 2
old_handler:    resb 8
handle:         resw 1
steps:          resw 1
real_debugs:    resw 1

section .text
