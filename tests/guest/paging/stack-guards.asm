; The stack on which the host runs a client's handlers lies between pages that are never there (DPMI 0.9, 3.1.2, the
; locked protected-mode stack): one that overflows faults, and does no damage.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 4

%include "dpmi.inc"

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        set_handler 0203h, 0Eh, page_fault
        mov     es, [flat]
        mov     word [resume_at], .seen
        mov     ebx, 0BFFF0000h
        mov     al, [es:ebx]            ; a fault, whose handler looks where its stack is
.seen:
        expect_equal16 [faults], 1, "the handler ran"
        ; down from there to the page that is missing
        mov     ebx, [stack]
        and     ebx, ~0FFFh
        mov     cx, 64
.down:
        sub     ebx, 1000h
        mov     word [resume_at], .gap
        mov     al, [es:ebx]
        dec     cx
        jnz     .down
.gap:
        expect_equal16 [faults], 2, "below the stack a page is missing"
        cmp     cx, 0
        expect_flag ne, "not far below"
        ; and up
        mov     ebx, [stack]
        and     ebx, ~0FFFh
        mov     cx, 64
.up:
        add     ebx, 1000h
        mov     word [resume_at], .above
        mov     al, [es:ebx]
        dec     cx
        jnz     .up
.above:
        push    ds
        pop     es
        expect_equal16 [faults], 3, "above the stack, too"
        jmp     finish

page_fault:
        push    ds
        push    eax
        push    ebp
        push    ecx
        push    ebx
        mov     ds, [cs:data_selector]
        frame_base
        inc     word [faults]
        mov     ax, [resume_at]
        mov     [ss:ebp + 18 + EXCEPTION_IP], ax
        cmp     word [faults], 1
        jne     .known
        mov     bx, ss
        mov     ax, 0006h
        int     31h
        push    cx
        push    dx
        pop     eax
        add     eax, ebp
        mov     [stack], eax
.known:
        pop     ebx
        pop     ecx
        pop     ebp
        pop     eax
        pop     ds
        far_return

section .bss
           alignb 4
stack:     resd 1
flat:      resw 1
faults:    resw 1
resume_at: resw 1
