; IRQ 0 whose handler sends its EOI, switches interrupts on and takes longer than a tick. At most two handlers are inside at a time
; (docs/decisions/0023), the tick that waits comes after them, and handlers that never return, or wait for the next one, do not stop the clock.
; expect: pass
; machines: qemu bochs dosbox-x dosbox-x/dynamic
; width: 16 32
; plan: 9
; timeout: 60

%include "dpmi.inc"
%include "dpmi/clock.inc"

%define ENTRIES      40
%define DEPTH        12
%define TICKS_INSIDE 2                  ; src/monitor/ticks.rs
%define DIVISOR      1193               ; of 1,193,182 Hz: a millisecond

; A handler begins: it is one more inside, and has sent its EOI.
%macro enter_counted 0
        push    ds
        pushad
        mov     ds, [cs:data_selector]
        inc     dword [hits]
        inc     dword [inside]
        mov     eax, [inside]
        cmp     eax, [deepest]
        jbe     %%less
        mov     [deepest], eax
%%less:
        mov     al, 20h
        out     20h, al
%endmacro

%macro leave_counted 0
        dec     dword [inside]
        popad
        pop     ds
        interrupt_return
%endmacro

main:
        call    enter_protected_mode
        mov     bx, 40h
        int31   0002h
        mov     fs, ax
        mov     bl, 08h
        int31   0204h
        store_vector old_8
        call    calibrate

; The timer ticks by itself.
        mov     byte [mode], 36h
        call    storm
        expect_flag nc, "the storm ends"
        cmp     dword [deepest], TICKS_INSIDE
        expect_flag e, "two handlers were inside at a time, never more"
        call    judge

; Each handler asks for the next tick.
        mov     byte [mode], 30h
        call    storm
        expect_flag nc, "no tick is lost that the next one depends on"
        cmp     dword [deepest], TICKS_INSIDE
        expect_flag e, "two handlers were inside at a time, never more"
        call    judge

; Two handlers leave for good.
        cli
        mov     dword [hits], 0
        set_handler 0205h, 08h, leaves
        mov     ax, DIVISOR
        call    set_timer
        mov     [stack], esp
        mov     [stack_selector], ss
        sti
.forever:
        jmp     .forever
left:
        mov     ss, [cs:stack_selector]
        mov     esp, [cs:stack]
        mov     ds, [cs:data_selector]
        sti
        cmp     dword [hits], TICKS_INSIDE
        jb      .again
        cli
        set_handler 0205h, 08h, counts
        sti
        mov     ecx, 40000000h
.wait:
        cmp     dword [hits], 20
        jae     .came
        dec     ecx
        jnz     .wait
.came:
        cmp     dword [hits], 20
        expect_flag ae, "after two handlers that never return ticks come again"
        call    restore

; Handlers that wait for the next one, as deep as the specification has it, and all come back.
        mov     byte [mode], 36h
        mov     dword [hits], 0
        mov     dword [inside], 0
        mov     dword [deepest], 0
        set_handler 0205h, 08h, waits
        cli
        call    next_tick
        sti
        mov     ecx, 40000000h
.deeper:
        cmp     dword [hits], DEPTH
        jb      .more
        cmp     dword [inside], 0
        je      .deep
.more:
        dec     ecx
        jnz     .deeper
.deep:
        cli
        cmp     dword [deepest], DEPTH
        expect_flag e, "handlers that wait for each other nest as deep as they like"
        cmp     dword [inside], 0
        expect_flag e, "and all return"
        call    restore
        jmp     finish
.again:
        jmp     .again

; judge: with the handler gone.
judge:
        call    restore
        mov     cx, 2
        call    wait_ticks
        expect_flag nc, "the clock goes on afterwards"
        ret

restore:
        cli
        xor     ax, ax
        call    set_timer
        load_vector old_8
        mov     bl, 08h
        int31   0205h
        sti
        ret

; calibrate: `turns` = turns of a loop in some three ticks of the storm.
calibrate:
        mov     cx, 1
        call    wait_ticks
        xor     ecx, ecx
        mov     ax, [fs:6Ch]
.turn:
        inc     ecx
        cmp     ax, [fs:6Ch]
        je      .turn
        shr     ecx, 4
        mov     [turns], ecx
        ret

; busy: the first ones inside wait until they are entered again, the last one that may be stays for longer than a tick.
busy:
        cmp     dword [inside], TICKS_INSIDE
        jb      .first
        mov     ecx, [turns]
.turn:
        cmp     dx, [hits]
        dec     ecx
        jnz     .turn
        ret
.first:
        mov     eax, [hits]
        mov     ecx, 4000000h
.wait:
        cmp     eax, [hits]
        jne     .entered
        dec     ecx
        jnz     .wait
.entered:
        ret

; storm: ENTRIES handlers. Out: CF=1 where they do not come.
storm:
        mov     dword [hits], 0
        mov     dword [inside], 0
        mov     dword [deepest], 0
        set_handler 0205h, 08h, slow
        cli
        call    next_tick
        sti
        mov     ecx, 20000000h
.wait:
        cmp     dword [hits], ENTRIES
        jae     .some
        dec     ecx
        jnz     .wait
        stc
        ret
.some:
        cmp     dword [inside], 0
        jne     .some
        clc
        ret

next_tick:
        mov     al, [mode]
        out     43h, al
        mov     ax, DIVISOR
        out     40h, al
        mov     al, ah
        out     40h, al
        ret

slow:
        enter_counted
        cmp     dword [hits], ENTRIES
        jae     .out
        cmp     byte [mode], 30h
        jne     .on
        call    next_tick
.on:
        sti
        call    busy
        cli
.out:
        leave_counted

; waits: until DEPTH of its kind have come.
waits:
        enter_counted
        cmp     dword [hits], DEPTH
        jae     .out
        sti
        mov     ecx, 20000000h
.turn:
        cmp     dword [hits], DEPTH
        jae     .off
        dec     ecx
        jnz     .turn
.off:
        cli
.out:
        leave_counted

leaves:
        mov     ds, [cs:data_selector]
        inc     dword [hits]
        mov     al, 20h
        out     20h, al
        jmp     left

counts:
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     dword [hits]
        mov     al, 20h
        out     20h, al
        pop     eax
        pop     ds
        interrupt_return

section .bss
                alignb 4
old_8:          resd 2
hits:           resd 1
inside:         resd 1
deepest:        resd 1
turns:          resd 1
stack:          resd 1
stack_selector: resw 1
mode:           resb 1
section .text
