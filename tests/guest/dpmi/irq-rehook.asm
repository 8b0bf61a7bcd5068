; Handlers of IRQ 0 and of INT 1Ch that come and go while interrupts arrive fast: no interrupt is lost without its end, and
; the clock goes on.
; expect: pass
; machines: qemu bochs dosbox-x dosbox-x/dynamic
; width: 16 32
; plan: 3
; timeout: 60

%include "dpmi.inc"
%include "dpmi/clock.inc"

%define ROUNDS       3000
%define DIVISOR      200                ; of 1,193,182 Hz

main:
        call    enter_protected_mode
        mov     bx, 40h
        int31   0002h
        mov     fs, ax
        mov     bl, 08h
        int31   0204h
        store_vector old_8
        mov     bl, 1Ch
        int31   0204h
        store_vector old_1c
        mov     ax, DIVISOR
        call    set_timer
        mov     word [round], 0
.round:
        set_handler 0205h, 1Ch, user_timer
        call    spin
        set_handler 0205h, 08h, timer_chained
        call    spin
        load_vector old_1c
        mov     bl, 1Ch
        int31   0205h
        call    spin
        load_vector old_8
        mov     bl, 08h
        int31   0205h
        call    spin
        inc     word [round]
        cmp     word [round], ROUNDS
        jb      .round
        xor     ax, ax
        call    set_timer
        mov     cx, 3
        call    wait_ticks
        expect_flag nc, "the clock goes on"
        cmp     dword [hits], 10
        expect_flag ae, "the handler of IRQ 0 ran"
        cmp     dword [user_hits], 10
        expect_flag ae, "and that of INT 1Ch"
        jmp     finish

; spin: a time that differs from call to call.
spin:
        mov     eax, [random]
        imul    eax, eax, 1664525
        add     eax, 1013904223
        mov     [random], eax
        shr     eax, 22
.more:
        dec     eax
        jns     .more
        ret

timer_chained:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [hits]
        pop     ds
        chain_to old_8

user_timer:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [user_hits]
        pop     ds
        interrupt_return

section .data
                align 4
random:         dd 12345
section .bss
                alignb 4
old_8:          resd 2
old_1c:         resd 2
hits:           resd 1
user_hits:      resd 1
round:          resw 1
section .text
