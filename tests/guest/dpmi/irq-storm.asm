; IRQ 0 faster than it can be handled: the next interrupt waits already when a handler returns. Handlers must not pile up on the
; locked stack or the real-mode stack, none may be lost without its end of interrupt, and the clock goes on afterwards. Every second
; one is chained to the BIOS. (QEMU has no such storms: its clock misses ticks.)
; expect: pass
; machines: bochs dosbox-x dosbox-x/dynamic
; width: 16 32
; plan: 8
; timeout: 60

%include "dpmi.inc"
%include "dpmi/clock.inc"

%define STORM        600                ; interrupts in each part
%define DIVISOR      24                 ; of 1,193,182 Hz: 20 microseconds
%define DEEPER       40h                ; bytes

main:
        call    enter_protected_mode
        mov     bx, 40h
        int31   0002h
        mov     fs, ax
        mov     bl, 08h
        int31   0204h
        store_vector old_8
        set_handler 0205h, 08h, timer

        call    storm
        mov     ecx, 40000000h
.wait:
        cmp     byte [over], 0
        jne     .over
        dec     ecx
        jnz     .wait
.over:
        expect_at_least [hits], STORM, "handlers ran in protected mode"
        call    judge

        call    storm
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], real_wait
        push    ds
        pop     es
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        expect_at_least [hits], STORM, "handlers ran in real mode"
        call    judge

        load_vector old_8
        mov     bl, 08h
        int31   0205h
        mov     cx, 3
        call    wait_ticks
        expect_flag nc, "the clock goes on"
        cmp     byte [over], 1
        expect_flag e, "and no handler runs any more"
        jmp     finish

; judge: the stack's depth of the last storm.
judge:
        mov     eax, [deepest]
        add     eax, DEEPER
        expect_at_least eax, [first], "no handler found the stack fuller than the first"
        mov     cx, 2
        call    wait_ticks
        expect_flag nc, "ticks come as before"
        ret

; storm: lets it begin.
storm:
        mov     dword [hits], 0
        mov     dword [deepest], -1
        mov     byte [over], 0
        cli
        mov     ax, DIVISOR
        call    set_timer
        sti
        ret

timer:
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        mov     eax, esp
  %if WIDTH = 16
        movzx   eax, ax
  %endif
        inc     dword [hits]
        cmp     dword [hits], 1
        jne     .next
        mov     [first], eax
.next:
        cmp     eax, [deepest]
        jae     .less
        mov     [deepest], eax
.less:
        cmp     dword [hits], STORM
        jne     .goes_on
        xor     ax, ax
        call    set_timer
        mov     byte [over], 1
.goes_on:
        test    byte [hits], 1
        jnz     .alone
        pop     eax
        pop     ds
        chain_to old_8
.alone:
        mov     al, 20h
        out     20h, al
        pop     eax
        pop     ds
        interrupt_return

real_wait:
        sti
        mov     ecx, 40000000h
.wait:
        cmp     byte [over], 0
        jne     .over
        dec     ecx
        jnz     .wait
.over:
        retf

section .bss
                alignb 4
old_8:          resd 2
hits:           resd 1
first:          resd 1
deepest:        resd 1
over:           resb 1
section .text
