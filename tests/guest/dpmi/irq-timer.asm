; IRQ 0 to a protected-mode handler (DPMI 0.9, 2.4.1): from protected mode, from real
; mode in 0300h, and INT 1Ch behind it; the handler runs with interrupts off, on the
; locked stack, chains to the one before it, which reflects to real mode.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 12
; service: 0205

%include "dpmi.inc"
%include "dpmi/clock.inc"

main:
        call    enter_protected_mode
        mov     bx, 40h
        int31   0002h
        mov     fs, ax

        ; interrupts that nobody hooked: the BIOS's clock moves
        mov     ax, [fs:6Ch]
        mov     cx, 3
        call    wait_ticks
        expect_flag nc, "the BIOS's clock moves while protected mode runs"

        mov     bl, 08h
        int31   0204h
        store_vector old_8
        mov     bl, 1Ch
        int31   0204h
        store_vector old_1c
        set_handler 0205h, 08h, timer_chained
        mov     word [hits], 0
        mov     cx, 4
        call    wait_ticks
        expect_flag nc, "hooked and chained, the clock still moves"
        cmp     word [hits], 3
        expect_flag ae, "the handler ran for each tick"
        test    word [seen_flags], FLAG_INTERRUPT
        expect_flag z, "interrupts were off in it"

        ; while real mode runs
        mov     word [hits], 0
        mov     bl, 60h
        mov     cx, [real_segment]
        mov     dx, real_wait
        int31   0201h
        call    clear_call
        push    ds
        pop     es
        mov     bx, 60h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        expect_flag nc, "real mode waits for three ticks"
        cmp     word [hits], 3
        expect_flag ae, "the handler ran for them too"

        ; a handler that does not chain: EOI by itself, the BIOS sees nothing
        set_handler 0205h, 08h, timer_alone
        mov     word [hits], 0
        mov     ax, [fs:6Ch]
        mov     ecx, 20000000h
.wait:
        cmp     word [hits], 3
        jae     .got
        dec     ecx
        jnz     .wait
.got:
        cmp     word [hits], 3
        expect_flag ae, "a handler that sends the EOI itself gets tick after tick"
        sub     ax, [fs:6Ch]
        expect_equal16 ax, 0, "the BIOS's clock stands still then"
        load_vector old_8
        mov     bl, 08h
        int31   0205h

        ; INT 1Ch: issued by the BIOS in real mode, to the protected-mode handler
        set_handler 0205h, 1Ch, user_timer
        mov     word [hits], 0
        mov     cx, 4
        call    wait_ticks
        expect_flag nc, "the clock moves with INT 1Ch hooked"
        cmp     word [hits], 3
        expect_flag ae, "INT 1Ch reaches the protected-mode handler"
        load_vector old_1c
        mov     bl, 1Ch
        int31   0205h

        ; registers of the interrupted code
        set_handler 0205h, 08h, timer_chained
        mov     word [hits], 0
        mov     eax, 01020304h
        mov     ebx, 11121314h
        mov     ecx, 21222324h
        mov     edx, 31323334h
        mov     esi, 41424344h
        mov     edi, 51525354h
        mov     ebp, 61626364h
        mov     [before_sp], sp
.spin:
        cmp     word [hits], 3
        jb      .spin
        cmp     eax, 01020304h
        jne     .changed
        cmp     ebx, 11121314h
        jne     .changed
        cmp     ecx, 21222324h
        jne     .changed
        cmp     edx, 31323334h
        jne     .changed
        cmp     esi, 41424344h
        jne     .changed
        cmp     edi, 51525354h
        jne     .changed
        cmp     ebp, 61626364h
        jne     .changed
        cmp     [before_sp], sp
.changed:
        expect_flag e, "all registers of the interrupted code are kept"
        load_vector old_8
        mov     bl, 08h
        int31   0205h

        ; on a 32-bit stack or with DF set the interrupted code gets its flags back
        std
        mov     ax, [fs:6Ch]
.df:
        cmp     ax, [fs:6Ch]
        je      .df
        pushf
        pop     ax
        cld
        test    ax, FLAG_DIRECTION
        expect_flag nz, "the direction flag of the interrupted code is kept"
        jmp     finish

timer_chained:
        push    ds
        mov     ds, [cs:data_selector]
        pushf
        pop     word [seen_flags]
        inc     word [hits]
        pop     ds
        chain_to old_8

timer_alone:
        push    ds
        push    ax
        mov     ds, [cs:data_selector]
        inc     word [hits]
        mov     al, 20h
        out     20h, al
        pop     ax
        pop     ds
        interrupt_return

user_timer:
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [hits]
        pop     ds
        interrupt_return

real_wait:
        sti
        mov     ax, 40h
        mov     ds, ax
        mov     cx, 4
        mov     ax, [6Ch]
.one:
        cmp     ax, [6Ch]
        je      .one
        mov     ax, [6Ch]
        loop    .one
        iret

section .bss
            alignb 4
old_8:      resb 8
old_1c:     resb 8
hits:       resw 1
seen_flags: resw 1
before_sp:  resw 1
