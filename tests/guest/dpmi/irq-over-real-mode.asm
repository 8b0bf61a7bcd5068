; IRQ 0 to a protected-mode handler while real-mode code runs (DPMI 0.9, 2.4.1): that called by 0301h, that which a raw switch leads to, a
; callback's caller, and what a callback's procedure calls. Registers and flags are kept, whether the handler chains to real mode's or calls
; the host; handlers that call real mode nest twice and never more (docs/decisions/0023); one that never returns does no harm.
; expect: pass
; machines: qemu bochs dosbox-x dosbox-x/dynamic
; width: 16 32
; plan: 15
; timeout: 60
; service: 0205

%include "dpmi.inc"
%include "dpmi/clock.inc"
%include "dpmi/switch.inc"

%define TICKS        3                  ; for each case
%define ENTRIES      30
%define TICKS_INSIDE 2                  ; src/monitor/ticks.rs
%define DIVISOR      4772               ; of 1,193,182 Hz: four milliseconds
; CF, PF, AF, ZF, SF; with OF, DF, IF, and the bit that is always set; and IOPL and NT left out.
%define ARITHMETIC   0D5h
%define FLAGS        0ED7h
%define FLAGS_KNOWN  0FFFh
%define STRUCTURE    40h

; watched "text": all ticks have come, and nothing has changed.
%macro watched 1
        expect_equal [wrong], 0, %1
        mov     dword [wrong], 0
%endmacro

main:
        call    enter_protected_mode
        mov     [code_selector], cs
        mov     bl, 08h
        int31   0204h
        store_vector old_8
        call    switch_addresses
        mov     bl, 60h
        mov     cx, [real_segment]
        mov     dx, real_handler
        int31   0201h
        push    ds
        push    cs
        pop     ds
        mov     esi, callback
        mov     edi, callback_structure
        int31   0303h
        pop     ds
        expect_flag nc, "0303h gives a callback"
        mov     [callback_entry], dx
        mov     [callback_entry + 2], cx

        set_handler 0205h, 08h, alone
        mov     si, watch_far
        call    call_first
        watched "0301h"
        test    word [seen_flags], FLAG_INTERRUPT | FLAG_DIRECTION | FLAG_TRAP
        expect_flag z, "the handler has IF, DF and TF clear"
        call    watch_by_raw_switch
        watched "a raw switch"
        mov     si, calls_back
        call    call_first
        watched "a callback's caller, and 0301h in its procedure"
        cmp     word [callbacks], 1
        expect_flag e, "the procedure was called"

        mov     bx, 40h
        int31   0002h
        mov     fs, ax
        set_handler 0205h, 08h, chains
        mov     ax, [fs:6Ch]
        mov     [clock], ax
        mov     si, watch_far
        call    call_first
        watched "a handler that chains"
        mov     ax, [fs:6Ch]
        sub     ax, [clock]
        cmp     ax, TICKS
        expect_flag ae, "the BIOS's clock moves with it"
        mov     si, calls_back
        call    call_first
        watched "a handler that chains, within a callback"

        set_handler 0205h, 08h, calls
        mov     si, watch_far
        call    call_first
        watched "a handler that calls the host and real mode"
        cmp     word [real_calls], TICKS
        expect_flag ae, "real mode was called each time"

        set_handler 0205h, 08h, nests
        cli
        mov     ax, DIVISOR
        call    set_timer
        mov     si, wait_for_storm
        call    call_first
        xor     ax, ax
        call    set_timer
        load_vector old_8
        mov     bl, 08h
        int31   0205h
        sti
        cmp     dword [hits], ENTRIES
        expect_flag ae, "handlers that call real mode, which waits for the next tick"
        expect_equal [deepest], TICKS_INSIDE, "two of them were inside at a time"
        expect_equal [inside], 0, "and all have returned"

        ; one that leaves real-mode code for good
        mov     [stack], esp
        mov     [stack_selector], ss
        set_handler 0205h, 08h, leaves
        mov     si, for_ever
        call    call_first
left:
        mov     ss, [cs:stack_selector]
        mov     esp, [cs:stack]
        mov     ds, [cs:data_selector]
        mov     es, [data_selector]
        set_handler 0205h, 08h, alone
        mov     si, watch_far
        call    call_first
        watched "after a handler that never returned"
        load_vector old_8
        mov     bl, 08h
        int31   0205h
        sti
        jmp     finish

; --- calls ------------------------------------------------------------------------

; call_first, call_real: 0301h of SI, with the first structure or the one at DI. Keep all registers.
call_first:
        push    di
        mov     di, structures
        call    call_real
        pop     di
        ret
call_real:
        pushad
        push    es
        push    ds
        pop     es
        cld
        movzx   edi, di
        push    di
        xor     al, al
        mov     cx, 32h
        rep     stosb
        pop     di
        mov     ax, [real_segment]
        mov     [di + 2Ch], ax
        mov     [di + 2Ah], si
        xor     bx, bx
        xor     cx, cx
        int31   0301h
        jnc     .done
        or      dword [wrong], 10000h
.done:
        pop     es
        popad
        ret

watch_by_raw_switch:
        xor     al, al
        call    keep_state
        mov     [own_esp], esp
        mov     [own_ss], ss
        mov     ax, [real_segment]
        mov     cx, ax
        mov     dx, ax
        mov     ebx, raw_stack_top
        mov     si, ax
        mov     edi, .in_real_mode
  %if WIDTH == 32
        jmp     dword far [to_real]
  %else
        jmp     word far [to_real]
  %endif
.in_real_mode:
        call    watch
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [own_ss]
        mov     ebx, [own_esp]
        mov     si, [code_selector]
        mov     edi, .back
        jmp     word far [to_protected]
.back:
        mov     al, 1
        jmp     keep_state

; The procedure: DS:(E)SI is the caller's stack, ES:(E)DI the structure.
callback:
        push    ds
        pushad
        movzx   esi, si
        movzx   edi, di
        mov     eax, [esi]
        mov     [es:edi + 2Ah], eax     ; IP and CS
        add     word [es:edi + 2Eh], 4
        mov     ds, [cs:data_selector]
        inc     word [callbacks]
        mov     si, watch_far
        mov     di, structures + STRUCTURE
        call    call_real
        popad
        pop     ds
        interrupt_return

; --- real mode --------------------------------------------------------------------

calls_back:
        call    watch
        call    far [cs:callback_entry]
watch_far:
        call    watch
        retf

; watch: waits for TICKS ticks with interrupts on, patterns in all registers and all flags set. CX looks for the ticks, which changes
; no flags. Keeps all registers and flags.
watch:
        pushf
        pushad
        push    ds
        push    es
        push    fs
        push    gs
        mov     ax, 1235h
        mov     ds, ax
        mov     ax, 2346h
        mov     es, ax
        mov     ax, 3457h
        mov     fs, ax
        mov     ax, 4568h
        mov     gs, ax
        mov     word [cs:left_ticks], TICKS
        mov     [cs:before_sp], sp
        mov     ebx, 0B1B2B3B4h
        mov     ecx, 0C1C2C3C4h
        mov     edx, 0D1D2D3D4h
        mov     esi, 51525354h
        mov     edi, 0F1F2F3F4h
        mov     ebp, 0E1E2E3E4h
        mov     eax, 0A1A2007Fh
        std
        sti
        inc     al                      ; overflow
        mov     ah, ARITHMETIC
        sahf
.wait:
        mov     cx, [cs:left_ticks]
        jcxz    .came
        jmp     .wait
.came:
        pushf
        pop     word [cs:after_flags]
        cld
        and     word [cs:after_flags], FLAGS_KNOWN
        cmp     word [cs:after_flags], FLAGS
        setne   [cs:wrong]
        cmp     eax, 0A1A20080h | ARITHMETIC << 8
        jne     .changed
        cmp     ebx, 0B1B2B3B4h
        jne     .changed
        cmp     ecx, 0C1C20000h
        jne     .changed
        cmp     edx, 0D1D2D3D4h
        jne     .changed
        cmp     esi, 51525354h
        jne     .changed
        cmp     edi, 0F1F2F3F4h
        jne     .changed
        cmp     ebp, 0E1E2E3E4h
        jne     .changed
        cmp     sp, [cs:before_sp]
        jne     .changed
        mov     ax, ds
        cmp     ax, 1235h
        jne     .changed
        mov     ax, es
        cmp     ax, 2346h
        jne     .changed
        mov     ax, fs
        cmp     ax, 3457h
        jne     .changed
        mov     ax, gs
        cmp     ax, 4568h
        je      .same
.changed:
        or      byte [cs:wrong + 1], 1
.same:
        pop     gs
        pop     fs
        pop     es
        pop     ds
        popad
        popf
        ret

real_handler:
        inc     word [cs:real_calls]
        iret

; The storm's, while ENTRIES handlers come.
wait_for_storm:
        sti
        mov     ecx, 20000000h
.wait:
        cmp     dword [cs:hits], ENTRIES
        jb      .more
        cmp     dword [cs:inside], 0
        je      .over
.more:
        dec     ecx
        jnz     .wait
.over:
        cli
        retf

; What a handler calls: the first one inside waits for the next, that for longer than a tick.
busy:
        sti
        mov     eax, [cs:hits]
        mov     ecx, 1000000h
        cmp     dword [cs:inside], TICKS_INSIDE
        jae     .last
.wait:
        cmp     eax, [cs:hits]
        jne     .end
        dec     ecx
        jnz     .wait
.end:
        cli
        retf
.last:
        mov     bx, 4                   ; times the timer's counter, which goes round twice in a tick, begins anew
        xor     dx, dx
.read:
        mov     al, 0
        out     43h, al
        in      al, 40h
        mov     ah, al
        in      al, 40h
        xchg    al, ah
        cmp     ax, dx
        mov     dx, ax
        jbe     .read
        dec     bx
        jnz     .read
        jmp     .end

for_ever:
        sti
        jmp     $

; --- handlers ---------------------------------------------------------------------

; One more tick has come, for `watch`. DS is the program's.
%macro count_tick 0
        pushf
        pop     word [seen_flags]
        cmp     word [left_ticks], 0
        je      %%enough
        dec     word [left_ticks]
%%enough:
%endmacro

%macro end_interrupt 0
        mov     al, 20h
        out     20h, al
%endmacro

alone:
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        count_tick
        end_interrupt
        pop     eax
        pop     ds
        interrupt_return

chains:
        push    ds
        mov     ds, [cs:data_selector]
        count_tick
        pop     ds
        chain_to old_8

calls:
        push    ds
        push    es
        pushad
        mov     ds, [cs:data_selector]
        mov     es, [data_selector]
        mov     bx, ds
        int31   0006h
        xor     bx, bx
        mov     cx, 1000h
        int31   0501h
        jc      .failed
        int31   0502h
        jc      .failed
        mov     edi, structures + STRUCTURE
        mov     bx, 60h
        xor     cx, cx
        mov     dword [edi + 2Eh], 0
        int31   0300h
        jnc     .done
.failed:
        or      dword [wrong], 20000h
.done:
        count_tick
        end_interrupt
        popad
        pop     es
        pop     ds
        interrupt_return

nests:
        push    ds
        pushad
        mov     ds, [cs:data_selector]
        inc     dword [hits]
        inc     dword [inside]
        mov     eax, [inside]
        cmp     eax, [deepest]
        jbe     .less
        mov     [deepest], eax
.less:
        end_interrupt
        cmp     dword [hits], ENTRIES
        jae     .out
        mov     di, [inside]
        shl     di, 6
        add     di, structures
        mov     si, busy
        call    call_real
.out:
        dec     dword [inside]
        popad
        pop     ds
        interrupt_return

leaves:
        end_interrupt
        jmp     left

section .bss
                alignb 4
old_8:          resd 2
wrong:          resd 1                  ; 1: flags, 100h: registers, higher: a call was refused
hits:           resd 1
inside:         resd 1
deepest:        resd 1
stack:          resd 1
own_esp:        resd 1
callback_entry: resd 1
stack_selector: resw 1
own_ss:         resw 1
code_selector:  resw 1
left_ticks:     resw 1
before_sp:      resw 1
after_flags:    resw 1
seen_flags:     resw 1
callbacks:      resw 1
real_calls:     resw 1
clock:          resw 1
                alignb 4
callback_structure: resb STRUCTURE
structures:     resb STRUCTURE * 20
raw_stack:      resb 200h
raw_stack_top:
section .text
