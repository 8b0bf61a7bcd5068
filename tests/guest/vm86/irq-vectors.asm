; The interrupt controllers' base as real-mode code sees it while a client is active:
; IRQ 0 comes by vector 08h of the real-mode table, IRQ 1 by 09h, the mask registers
; can be read and written, and IRQ 8 (70h) can be had.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 11

%include "vm86/realwork.inc"

%define TICKS     0                     ; by our own handler at vector 08h
%define KEYS      2                     ; at vector 09h
%define CLOCKS    4                     ; at vector 70h
%define MASK      6                     ; 21h as read back after a write
%define MASK_SLAVE 8
%define MASKED    10                    ; ticks while IRQ 0 was masked
%define CODE      12

main:
        call    run_both
        mov     si, observations
        mov     di, observations_before
        cmp     word [di + TICKS], 3
        expect_flag ae, "without a client IRQ 0 comes by vector 08h"
        cmp     word [si + TICKS], 3
        expect_flag ae, "with a client IRQ 0 comes by vector 08h"
        expect_equal16 [si + KEYS], [di + KEYS], "IRQ 1 comes by vector 09h as without a client"
        expect_equal16 [si + CODE], [di + CODE], "its handler reads the same scan code"
        cmp     word [di + CLOCKS], 1
        sbb     ax, ax
        cmp     word [si + CLOCKS], 1
        sbb     bx, bx
        expect_equal16 bx, ax, "IRQ 8 comes by vector 70h as without a client"
        expect_equal16 [si + MASK], [di + MASK], "the master's mask reads as without a client"
        expect_equal16 [si + MASK_SLAVE], [di + MASK_SLAVE], "the slave's mask reads as without a client"
        expect_equal16 [si + MASKED], 0, "IRQ 0 can be masked"
        int31   0400h
        expect_flag nc, "INT 31h answers afterwards"
        expect_equal16 dx, 0870h, "the bases are 08h and 70h"
        jmp     finish

real_work:
        mov     bx, 08h * 4
        mov     dx, on_timer
        call    hook
        mov     eax, [old_vector]
        mov     [old_timer], eax
        mov     bx, 09h * 4
        mov     dx, on_key
        call    hook
        mov     eax, [old_vector]
        mov     [old_key], eax
        mov     bx, 70h * 4
        mov     dx, on_clock
        call    hook
        mov     eax, [old_vector]
        mov     [old_clock], eax
        sti

        ; three ticks
        mov     ecx, 20000000h
.ticks:
        cmp     word [observations + TICKS], 3
        jae     .ticked
        dec     ecx
        jnz     .ticks
.ticked:

        ; a key: scan code by the controller's command D2h
        mov     al, 0D2h
        call    command
        mov     al, 30h
        out     60h, al
        mov     ecx, 400000h
.key:
        cmp     word [observations + KEYS], 1
        jae     .pressed
        dec     ecx
        jnz     .key
.pressed:

        ; the clock's periodic interrupt, 1024 a second
        in      al, 0A1h
        mov     [slave_mask], al
        and     al, 0FEh
        out     0A1h, al
        mov     al, 0Bh
        out     70h, al
        in      al, 71h
        mov     [register_b], al
        mov     ah, al
        or      ah, 40h
        mov     al, 0Bh
        out     70h, al
        mov     al, ah
        out     71h, al
        mov     al, 0Ch
        out     70h, al
        in      al, 71h
        mov     ecx, 1000000h
.clock:
        cmp     word [observations + CLOCKS], 2
        jae     .clocked
        dec     ecx
        jnz     .clock
.clocked:
        mov     al, 0Bh
        out     70h, al
        mov     al, [register_b]
        out     71h, al
        mov     al, [slave_mask]
        out     0A1h, al

        ; masks
        cli
        in      al, 21h
        mov     ah, al
        or      al, 09h
        out     21h, al
        in      al, 21h
        mov     [observations + MASK], al
        in      al, 0A1h
        mov     [observations + MASK_SLAVE], al
        mov     bx, [observations + TICKS]
        sti
        call    three_ticks_by_counter
        sub     bx, [observations + TICKS]
        neg     bx
        mov     [observations + MASKED], bx
        mov     al, ah
        out     21h, al

        cli
        xor     bx, bx
        mov     es, bx
        mov     eax, [old_timer]
        mov     [es:08h * 4], eax
        mov     eax, [old_key]
        mov     [es:09h * 4], eax
        mov     eax, [old_clock]
        mov     [es:70h * 4], eax
        sti
        push    ds
        pop     es
        ret

; hook: BX = 4 * vector, DX = handler. Out: [old_vector]; interrupts off.
hook:
        cli
        xor     ax, ax
        mov     es, ax
        mov     eax, [es:bx]
        mov     [old_vector], eax
        mov     [es:bx], dx
        mov     [es:bx + 2], cs
        ret

; command: AL to the controller, once it is ready; and ready for the data.
command:
        push    ax
        call    .ready
        pop     ax
        out     64h, al
.ready:
        push    cx
        xor     cx, cx
.wait:
        in      al, 64h
        test    al, 2
        jz      .end
        loop    .wait
.end:
        pop     cx
        ret

; three_ticks_by_counter: until counter 0 of the PIT has wrapped six times (mode 3
; counts twice through per tick). Keeps AH, BX.
three_ticks_by_counter:
        push    ax
        push    bx
        mov     cx, 6
        xor     bx, bx
.sample:
        mov     al, 0
        out     43h, al
        in      al, 40h
        mov     ah, al
        in      al, 40h
        xchg    al, ah
        cmp     ax, bx
        mov     bx, ax
        jbe     .sample
        loop    .sample
        pop     bx
        pop     ax
        ret

on_timer:
        inc     word [cs:observations + TICKS]
        jmp     far [cs:old_timer]
on_key:
        push    ax
        in      al, 60h
        mov     ah, 0
        mov     [cs:observations + CODE], ax
        inc     word [cs:observations + KEYS]
        mov     al, 20h
        out     20h, al
        pop     ax
        iret
on_clock:
        push    ax
        inc     word [cs:observations + CLOCKS]
        mov     al, 0Ch
        out     70h, al
        in      al, 71h
        mov     al, 20h
        out     0A0h, al
        out     20h, al
        pop     ax
        iret

section .bss
            alignb 4
old_vector: resd 1
old_timer:  resd 1
old_key:    resd 1
old_clock:  resd 1
slave_mask: resb 1
register_b: resb 1
