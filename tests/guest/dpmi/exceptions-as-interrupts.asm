; Exceptions without a handler set by 0203h that have an interrupt of the same number
; (DPMI 0.9, 0202h): 00h, 01h, 03h, 04h, 05h and 07h are passed on to the client's
; protected-mode interrupt handler, as if the interrupt had been issued; software INTs
; of these numbers go there directly.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 14
; service: 0205

%include "dpmi.inc"

main:
        call    enter_protected_mode

        ; INT3 and INTO: traps, the address after the instruction
        set_handler 0205h, 03h, breakpoint
        xor     cx, cx
        int3
.after_int3:
        expect_equal16 cx, 3, "INT3 reaches the handler of interrupt 03h"
        expect_equal16 [seen_ip], .after_int3, "its frame holds the address after it"
        int     3
        expect_equal16 [count], 2, "so does CD 03"

        set_handler 0205h, 04h, breakpoint
        mov     al, 7Fh
        add     al, 1
        into
.after_into:
        expect_equal16 [count], 3, "INTO reaches the handler of interrupt 04h"
        expect_equal16 [seen_ip], .after_into, "its frame holds the address after it"

        ; single step: TF set by POPF
        set_handler 0205h, 01h, single_step
        pushf
        pop     ax
        or      ax, FLAG_TRAP
        push    ax
        popf
        nop
.traced:
        nop
        expect_equal16 [steps], 1, "single-stepping reaches the handler of interrupt 01h"
        expect_equal16 [seen_ip], .traced, "its frame holds the address of the next instruction"

        ; a division fault, as a fault: the address of the instruction
        set_handler 0205h, 00h, divide
        mov     ax, 100h
        mov     bl, 0
.division:
        div     bl
        nop
        expect_equal16 [divides], 1, "a division fault reaches the handler of interrupt 00h"
        expect_equal16 [seen_ip], .division, "its frame holds the address of the division"

        ; software interrupts of exception numbers are interrupts, not exceptions
        set_handler 0205h, 0Dh, breakpoint
        set_handler 0203h, 0Dh, wrong
        mov     word [count], 0
        int     0Dh
.after_int0d:
        expect_equal16 [count], 1, "INT 0Dh reaches the interrupt handler"
        expect_equal16 [seen_ip], .after_int0d, "its frame holds the address after it"
        expect_equal16 [wrongs], 0, "and not the exception handler"
        set_handler 0205h, 06h, breakpoint
        int     06h
        expect_equal16 [count], 2, "INT 06h reaches the interrupt handler"
        set_handler 0205h, 10h, breakpoint
        int     10h
        expect_equal16 [count], 3, "INT 10h reaches the interrupt handler"
        jmp     finish

; Stores where the frame returns to.
%macro store_ip 0
        push    eax
        push    ebp
        frame_base
        mov     ax, [ss:ebp + 8 + INTERRUPT_IP]
        mov     [seen_ip], ax
%endmacro

breakpoint:
        mov     cx, 3
        store_ip
        pop     ebp
        pop     eax
        inc     word [count]
        interrupt_return

single_step:
        store_ip
        and     word [ss:ebp + 8 + INTERRUPT_FLAGS], 0FFFFh ^ FLAG_TRAP
        pop     ebp
        pop     eax
        inc     word [steps]
        interrupt_return

divide:
        store_ip
        add     word [ss:ebp + 8 + INTERRUPT_IP], 2
        pop     ebp
        pop     eax
        inc     word [divides]
        interrupt_return

wrong:
        inc     word [wrongs]
        far_return

section .bss
seen_ip: resw 1
count:   resw 1
steps:   resw 1
divides: resw 1
wrongs:  resw 1
