; /IOPL=0: a client's CLI and STI trap, and change a flag of its own. With it clear the clock and the BIOS's
; keyboard go on, while the client's own handlers wait for STI.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; host-args: /IOPL=0
; plan: 31

%include "dpmi.inc"
%include "dpmi/keys.inc"

main:
        call    enter_protected_mode
        mov     bx, 40h
        int31   0002h
        mov     [bios_data], ax
        pushfd
        pop     eax
        shr     eax, 12
        and     ax, 3
        expect_equal16 ax, 0, "the flags show IOPL 0"
        int31   0902h
        expect_equal16 ax, 0901h, "interrupts are on at entry"

        cli
        int31   0902h
        expect_equal16 ax, 0900h, "CLI: they are off"
        call    ticks
        expect_flag nc, "the clock goes on"
        int31   0902h
        expect_equal16 ax, 0900h, "they are still off"
        sti
        int31   0902h
        expect_equal16 ax, 0901h, "STI: they are on"
        int31   0900h
        expect_equal16 ax, 0901h, "0900h: they were on"
        int31   0900h
        expect_equal16 ax, 0900h, "0900h: they were off"
        int31   0901h
        expect_equal16 ax, 0900h, "0901h: they were off"
        int31   0902h
        expect_equal16 ax, 0901h, "0901h: they are on"

        ; a DOS call with interrupts off: DOS has its own flag
        cli
        mov     ah, 30h
        int     21h
        cmp     al, 3
        expect_flag ae, "DOS answers with interrupts off"
        int31   0902h
        expect_equal16 ax, 0900h, "and they are still off"
        sti

        ; a handler for IRQ 0
        mov     bl, 8
        int31   0204h
        store_vector old_timer
        set_handler 0205h, 8, timer
        mov     dword [count], 0
        call    wait_a_while
        expect_at_least [count], 1, "interrupts on: the handler runs"
        expect_equal16 [state_inside], 0900h, "inside they are off"
        int31   0902h
        expect_equal16 ax, 0901h, "behind it they are on again"
        cli
        mov     dword [count], 0
        call    wait_a_while
        expect_equal [count], 0, "interrupts off: it waits"
        sti
        nop
        expect_at_least [count], 1, "STI: it has run"
        call    ticks
        expect_flag nc, "the clock still goes"
        mov     dword [count], 0
        call    wait_a_while
        expect_at_least [count], 2, "and so does the handler"

        ; an INT of the client's own shows the flag in its frame
        set_handler 0205h, 66h, show_frame
        cli
        int     66h
        test    word [frame_flags], FLAG_INTERRUPT
        expect_flag z, "an INT's frame shows that they are off"
        sti
        int     66h
        test    word [frame_flags], FLAG_INTERRUPT
        expect_flag nz, "and that they are on"

        ; an exception handler that clears the flag in its frame
        set_handler 0203h, 6, invalid
        ud2
        int31   0902h
        expect_equal16 ax, 0900h, "an exception's frame takes them away"
        sti
        load_vector old_timer
        mov     bl, 8
        int31   0205h

        ; the keyboard, without a handler
        call    drain
        cli
        mov     ah, SCAN_B
        call    inject
        mov     ah, SCAN_B | RELEASED
        call    inject
        mov     ah, 1
        int     16h
        expect_flag nz, "interrupts off: the BIOS gets a key"
        mov     ah, 0
        int     16h
        expect_equal16 ax, 3062h, "it is the one that was pressed"
        sti

        ; with a handler
        mov     bl, 9
        int31   0204h
        store_vector old_keyboard
        set_handler 0205h, 9, keyboard
        cli
        mov     ah, SCAN_B
        call    inject
        mov     ah, SCAN_B | RELEASED
        call    inject
        expect_equal [count], 0, "with a handler the key waits"
        sti
        call    wait_a_while
        expect_equal [count], 2, "STI: the handler has run for both scan codes"
        expect_equal16 [codes], SCAN_B | (SCAN_B | RELEASED) << 8, "in their order"
        mov     ah, 1
        int     16h
        expect_flag nz, "chained to, the BIOS has the key"
        call    drain
        load_vector old_keyboard
        mov     bl, 9
        int31   0205h

        ; the mask
        in      al, 21h
        mov     [mask], al
        or      al, 2
        out     21h, al
        in      al, 21h
        test    al, 2
        expect_flag nz, "the keyboard's line can be masked"
        mov     ah, SCAN_B
        call    inject
        in      al, 60h
        cmp     al, SCAN_B
        expect_flag e, "then port 60h has the scan code"
        mov     al, [mask]
        out     21h, al
        mov     ah, SCAN_B | RELEASED
        call    inject
        call    drain
        passed  "all over"
        jmp     finish

; ticks: CF where the BIOS's clock does not move.
ticks:
        push    es
        mov     es, [bios_data]
        mov     ecx, 10000000h
        mov     ax, [es:6Ch]
.next:
        cmp     ax, [es:6Ch]
        jne     .moved
        dec     ecx
        jnz     .next
        pop     es
        stc
        ret
.moved:
        pop     es
        clc
        ret

; wait_a_while: three ticks and more, by the timer's own count, which needs no interrupt. It counts by
; two, and so passes its end twice a tick.
wait_a_while:
        mov     cx, 8
        xor     bx, bx
.next:
        mov     al, 0
        out     43h, al
        in      al, 40h
        mov     ah, al
        in      al, 40h
        xchg    al, ah
        xchg    ax, bx                  ; BX: now, AX: before
        cmp     bx, ax
        jbe     .next
        loop    .next
        ret

drain:
        mov     ah, 1
        int     16h
        jz      .empty
        mov     ah, 0
        int     16h
        jmp     drain
.empty:
        mov     dword [count], 0
        ret

timer:
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     dword [count]
        int31   0902h
        mov     [state_inside], ax
        pop     eax
        pop     ds
        chain_to old_timer

keyboard:
        push    ds
        push    ax
        push    bx
        mov     ds, [cs:data_selector]
        in      al, 60h
        mov     bx, [count]
        and     bx, 3
        mov     [codes + bx], al
        inc     dword [count]
        pop     bx
        pop     ax
        pop     ds
        chain_to old_keyboard

show_frame:
        push    ds
        push    eax
        push    ebp
        mov     ds, [cs:data_selector]
        frame_base
        mov     ax, [ss:ebp + 10 + INTERRUPT_FLAGS]
        mov     [frame_flags], ax
        pop     ebp
        pop     eax
        pop     ds
        interrupt_return

invalid:
        push    ebp
        push    eax
        frame_base
        add     word [ss:ebp + 8 + EXCEPTION_IP], 2
        and     word [ss:ebp + 8 + EXCEPTION_FLAGS], ~FLAG_INTERRUPT
        pop     eax
        pop     ebp
        far_return

section .bss
                  alignb 4
count:            resd 1
old_timer:        resd 2
old_keyboard:     resd 2
bios_data:        resw 1
state_inside:     resw 1
frame_flags:      resw 1
codes:            resb 4
mask:             resb 1
