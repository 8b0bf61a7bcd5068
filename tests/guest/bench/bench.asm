; What crossings cost, for a 32-bit client, by RDTSC.
;
; Prints on port E9h, beside the verdicts:
;
;     bench-scale <RDTSC units per 1000 instructions>
;     bench <name> <RDTSC units per operation>
;
; Under QEMU's `-icount shift=0` the scale is 1000: a unit is an instruction and
; values are exact. Without it they are cycles: compare within one run only.
; Each value is the least of ROUNDS rounds, net of the loop and of the register
; loads around the operation; the INT (or other) instruction itself counts.
; What is inside an operation beside the host's own work:
;     int31-0300  an IRET in real mode       int31-0301  a RETF
;     int-reflected  an IRET                  raw-switch  the two jumps only
;     callback    CALL and RETF in real mode, 6 instructions in the callback
;     exception   the UD2, 4 instructions in the handler
;     irq0        9 instructions in the handler, with the EOI; irq0-v86 the same from real mode
; expect: pass
; machines: qemu bochs dosbox-x
; width: 32
; plan: 6
; timeout: 120

%include "dpmi.inc"
        cpu     586                     ; RDTSC

%define ROUNDS      7
%ifndef REPEATS                  ; a clock that ticks by the millisecond wants more
%define REPEATS     200
%endif
%define BLOCK_BYTES 400000h
%define SCALE_LOOPS 100000
%define TICKS       12
%define USER_INT    60h

; bench "name", BODY, IDLE: calls run_loop with the two loops' bodies: both are near
; routines that are called REPEATS times. IDLE does all of BODY but the operation.
%macro bench 3
        mov     word [body], %2
        mov     word [idle], %3
        call    measure
        report_text %1
        call    bench_line
%endmacro

; memory_bench "name", UNITS, DIVISOR: to the nearest.
%macro memory_bench 3
        mov     eax, [%2]
        add     eax, (%3) / 2
        xor     edx, edx
        mov     ecx, %3
        div     ecx
        mov     [value], eax
        report_text %1
        call    bench_line
%endmacro

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        call    set_up
        call    scale
        bench   "int31-0400", op_0400, idle_0400
        bench   "int31-0300", op_0300, idle_0300
        bench   "int31-0301", op_0301, idle_0301
        mov     eax, [value]
        mov     [plain_0301], eax
        bench   "int-reflected", op_reflected, idle_none
        bench   "raw-switch", op_raw_switch, idle_raw_switch
        mov     word [call_ip], real_callback
        mov     word [body], op_0301
        mov     word [idle], idle_0301
        call    measure
        mov     eax, [plain_0301]
        sub     [value], eax
        report_text "callback"
        call    bench_line
        call    own_handlers
        bench   "exception", op_exception, idle_none
        call    timer
        bench   "int21-30", op_dos_version, idle_dos_version
        call    memory
        passed  "everything was measured"
        jmp     finish

; own_handlers: what extenders hook: INT 1Ch, which real mode issues, and INT 31h, chaining to the host's.
own_handlers:
        mov     bl, 1Ch
        int31   0204h
        store_vector old_handler
        set_handler 0205h, 1Ch, tick_handler
        mov     word [call_ip], real_tick
        call    measure
        mov     eax, [plain_0301]
        sub     [value], eax
        report_text "int-1c-handled"
        call    bench_line
        load_vector old_handler
        mov     bl, 1Ch
        int31   0205h
        mov     bl, 31h
        int31   0204h
        store_vector old_handler
        set_handler 0205h, 31h, chaining_handler
        bench   "int31-0300-chained", op_0300, idle_0300
        load_vector old_handler
        mov     bl, 31h
        int31   0205h
        ret
tick_handler:
        interrupt_return
chaining_handler:
        chain_to old_handler

; --- the loops ----------------------------------------------------------------

; measure: [value] = units for one [body] less one [idle].
measure:
        mov     ax, [body]
        call    least_of_rounds
        mov     [value], eax
        mov     ax, [idle]
        call    least_of_rounds
        sub     [value], eax
        mov     eax, [value]
        add     eax, REPEATS / 2        ; to the nearest
        jns     .positive
        xor     eax, eax
.positive:
        xor     edx, edx
        mov     ecx, REPEATS
        div     ecx
        mov     [value], eax
        ret

; least_of_rounds: AX = near routine. Out: EAX = units for REPEATS calls.
least_of_rounds:
        mov     [routine], ax
        mov     dword [least], 0FFFFFFFFh
        mov     word [rounds], ROUNDS
.round:
        mov     word [repeats], REPEATS
        rdtsc
        mov     [started], eax
.repeat:
        call    [routine]
        dec     word [repeats]
        jnz     .repeat
        rdtsc
        sub     eax, [started]
        cmp     eax, [least]
        jae     .not_less
        mov     [least], eax
.not_less:
        dec     word [rounds]
        jnz     .round
        mov     eax, [least]
        ret

; bench_line: stack: name. Prints [value].
bench_line:
        pop     word [report_return]
        pop     word [report_line_text]
        mov     si, word_bench
        call    report_string
        mov     si, [report_line_text]
        call    report_string
        mov     al, ' '
        call    report_character
        mov     eax, [value]
        call    report_decimal
        call    report_line_end
        jmp     [report_return]

; scale: units per 1000 instructions, by a loop of two instructions.
scale:
        mov     dword [least], 0FFFFFFFFh
        mov     word [rounds], ROUNDS
.round:
        mov     ecx, SCALE_LOOPS
        rdtsc
        mov     ebx, eax
.loop:
        dec     ecx
        jnz     .loop
        rdtsc
        sub     eax, ebx
        cmp     eax, [least]
        jae     .not_less
        mov     [least], eax
.not_less:
        dec     word [rounds]
        jnz     .round
        mov     si, word_scale
        call    report_string
        mov     eax, [least]
        xor     edx, edx
        mov     ecx, SCALE_LOOPS * 2 / 1000
        add     eax, SCALE_LOOPS / 1000
        div     ecx
        call    report_decimal
        jmp     report_line_end

; --- operations -----------------------------------------------------------------

idle_none:
        ret

op_0400:
        mov     ax, 0400h
        int     31h
        ret
idle_0400:
        mov     ax, 0400h
        ret

op_0300:
        mov     ax, 0300h
        mov     bx, USER_INT
        xor     cx, cx
        mov     edi, call_structure
        int     31h
        ret
idle_0300:
        mov     ax, 0300h
        mov     bx, USER_INT
        xor     cx, cx
        mov     edi, call_structure
        ret

op_0301:
        mov     ax, 0301h
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int     31h
        ret
idle_0301:
        mov     ax, 0301h
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        ret

op_reflected:
        int     USER_INT
        ret

; Raw switches keep nothing but (E)BP: DS, ES, SS, SP, CS and IP are handed over.
op_raw_switch:
        mov     [protected_esp], esp
        mov     ax, [real_segment]
        mov     cx, ax
        mov     dx, ax
        mov     ebx, real_stack_top
        mov     si, ax
        mov     edi, .in_real_mode
        jmp     dword far [to_real]
.in_real_mode:
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [stack_selector]
        mov     ebx, [protected_esp]
        mov     si, [code_selector]
        mov     edi, .back
        jmp     word far [to_protected]
.back:
        ret
idle_raw_switch:
        mov     [protected_esp], esp
        mov     ax, [real_segment]
        mov     cx, ax
        mov     dx, ax
        mov     ebx, real_stack_top
        mov     si, ax
        mov     edi, 0
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [stack_selector]
        mov     ebx, [protected_esp]
        mov     si, [code_selector]
        mov     edi, 0
        ret

op_exception:
        ud2
        ret
invalid_opcode:
        mov     ebp, esp
        and     ebp, [cs:stack_mask]
        add     dword [ss:ebp + EXCEPTION_IP], 2
        o32 retf

; The first one finds out whether the stack of handlers is a 16-bit segment, where
; the upper half of ESP means nothing.
first_invalid_opcode:
        frame_base
        mov     ds, [cs:data_selector]
        mov     dword [stack_mask], 0FFFFFFFFh
        cmp     ebp, esp
        je      .wide
        mov     dword [stack_mask], 0FFFFh
.wide:
        add     dword [ss:ebp + EXCEPTION_IP], 2
        o32 retf

op_dos_version:
        mov     ah, 30h
        int     21h
        ret
idle_dos_version:
        mov     ah, 30h
        ret

; --- the timer --------------------------------------------------------------------

; timer: reads RDTSC in a loop; where a tick came in between, the distance is longer
; by the delivery, the handler and the return. The least of TICKS ticks counts.
timer:
        mov     bl, 08h
        int31   0204h
        store_vector old_timer
        set_handler 0205h, 08h, tick
        call    sample_ticks
        report_text "irq0"
        call    bench_line
        mov     word [call_ip], real_ticks
        mov     ax, [real_segment]
        mov     [call_ds], ax
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        report_text "irq0-v86"
        call    bench_line
        load_vector old_timer
        mov     bl, 08h
        int31   0205h
        ret

; sample_ticks: [value], in either mode.
sample_ticks:
        mov     dword [least], 0FFFFFFFFh
        mov     dword [shortest], 0FFFFFFFFh
        mov     dword [ticks], 0
        sti
        rdtsc
        mov     ebx, eax
        xor     ecx, ecx                ; ticks seen
.sample:
        rdtsc
        mov     esi, eax
        sub     eax, ebx                ; distance
        mov     ebx, esi
        mov     edi, [ticks]
        cmp     edi, ecx
        jne     .ticked
        cmp     eax, [shortest]
        jae     .sample
        mov     [shortest], eax
        jmp     .sample
.ticked:
        ; the tick may have come after the RDTSC: then the next distance has it
        mov     ecx, edi
        mov     esi, [shortest]
        lea     esi, [esi + 40]
        cmp     eax, esi
        jb      .sample
        cmp     eax, [least]
        jae     .not_less
        mov     [least], eax
.not_less:
        cmp     edi, TICKS
        jb      .sample
        mov     eax, [least]
        sub     eax, [shortest]
        mov     [value], eax
        ret

tick:
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        mov     al, 20h
        out     20h, al
        pop     eax
        pop     ds
        iretd

; --- memory -----------------------------------------------------------------------

; memory: allocates, touches and frees a block ROUNDS times. The first time is
; reported apart from the least of all: a host may keep page tables, or even the
; pages, for the next one.
memory:
        mov     dword [least_allocate], 0FFFFFFFFh
        mov     dword [least_touch], 0FFFFFFFFh
        mov     dword [least_free], 0FFFFFFFFh
        mov     word [rounds], ROUNDS
.round:
        mov     bx, BLOCK_BYTES >> 16
        mov     cx, BLOCK_BYTES & 0FFFFh
        rdtsc
        mov     [started], eax
        mov     ax, 0501h
        int     31h
        jc      .refused
        mov     [block_bx], bx
        mov     [block_cx], cx
        mov     [handle_si], si
        mov     [handle_di], di
        rdtsc
        sub     eax, [started]
        mov     ebx, least_allocate
        call    keep_least

        push    word [block_bx]
        push    word [block_cx]
        pop     edi
        mov     es, [flat]
        mov     ecx, BLOCK_BYTES / 4096
        rdtsc
        mov     [started], eax
.touch:
        mov     byte [es:edi], 1
        add     edi, 4096
        dec     ecx
        jnz     .touch
        rdtsc
        sub     eax, [started]
        mov     ebx, least_touch
        call    keep_least
        push    ds
        pop     es

        mov     si, [handle_si]
        mov     di, [handle_di]
        rdtsc
        mov     [started], eax
        mov     ax, 0502h
        int     31h
        rdtsc
        sub     eax, [started]
        mov     ebx, least_free
        call    keep_least
        dec     word [rounds]
        jnz     .round

        passed  "4 MiB could be had"
        memory_bench "allocate-4m", first_allocate, 1
        memory_bench "first-touch", first_touch, BLOCK_BYTES / 4096
        memory_bench "free-4m", first_free, 1
        memory_bench "allocate-4m-again", least_allocate, 1
        memory_bench "first-touch-again", least_touch, BLOCK_BYTES / 4096
        memory_bench "free-4m-again", least_free, 1
        ret
.refused:
        failed  "4 MiB could be had"
        ret

; keep_least: EAX into [BX] where it is less, and into [BX+4] the first time.
; Changes nothing else.
keep_least:
        cmp     word [rounds], ROUNDS
        jne     .not_first
        mov     [bx + 4], eax
.not_first:
        cmp     eax, [bx]
        jae     .end
        mov     [bx], eax
.end:
        ret

; --- set-up -----------------------------------------------------------------------

set_up:
        mov     [code_selector], cs
        mov     [stack_selector], ss
        ; a real-mode interrupt that does nothing
        mov     bl, USER_INT
        mov     cx, [real_segment]
        mov     dx, real_iret
        int31   0201h
        expect_flag nc, "0201h sets the interrupt"
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], real_retf
        int31   0306h
        expect_flag nc, "0306h gives the raw switch entries"
        mov     [to_real], edi
        mov     [to_real + 4], si
        mov     [to_protected], cx
        mov     [to_protected + 2], bx
        ; a callback
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
        set_handler 0203h, 06h, first_invalid_opcode
        ud2                             ; finds out the size of the host's stack
        set_handler 0203h, 06h, invalid_opcode
        expect_flag nc, "0203h sets the exception handler"
        ret

; The callback: DS:ESI is the real-mode stack, ES:EDI the structure.
callback:
        mov     eax, [esi]
        mov     [es:edi + 2Ah], eax     ; IP and CS at once
        add     word [es:edi + 2Eh], 4
        iretd

real_iret:
        iret
real_tick:
        int     1Ch
        retf
real_ticks:
        call    sample_ticks
        cli
        retf
real_callback:
        call    far [cs:callback_entry]
real_retf:
        retf

section .data
word_bench: db 'bench ', 0
word_scale: db 'bench-scale ', 0

section .bss
                alignb 4
value:          resd 1
least:          resd 1
shortest:       resd 1
started:        resd 1
plain_0301:     resd 1
old_handler:    resd 2
ticks:          resd 1
least_allocate: resd 1
first_allocate: resd 1
least_touch:    resd 1
first_touch:    resd 1
least_free:     resd 1
first_free:     resd 1
protected_esp:  resd 1
stack_mask:     resd 1
to_protected:   resw 2
callback_entry: resw 2
to_real:        resb 8
old_timer:      resb 8
callback_structure: resb 34h
body:           resw 1
idle:           resw 1
routine:        resw 1
rounds:         resw 1
repeats:        resw 1
block_bx:       resw 1
block_cx:       resw 1
handle_si:      resw 1
handle_di:      resw 1
flat:           resw 1
code_selector:  resw 1
stack_selector: resw 1
