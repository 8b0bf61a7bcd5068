; What XMS calls cost, by RDTSC: in real mode while no client is there (names xms-...), and in
; virtual-8086 mode while this program is a client (names xms-active-...).
;
; Prints on port E9h, beside the verdicts:
;
;     bench-scale <RDTSC units per 1000 instructions>
;     bench <name> <RDTSC units per operation>
;
; as bench.asm does. The far call and the register loads are inside an operation; the loop is not.
; allocate-free and lock-unlock are two calls each.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 32
; plan: 2
; timeout: 120

%include "xms/xms.inc"
        cpu     586                     ; RDTSC

%define ROUNDS      7
%define REPEATS     100
%define SCALE_LOOPS 100000
%define BLOCK_KIB   1024

; bench "name", ROUTINE, REPEATS: the name follows "xms-" or "xms-active-".
%macro bench 3
        mov     word [routine], %2
        mov     word [repeats_wanted], %3
        call    measure
        report_text %1
        call    bench_line
%endmacro

body:
        cmp     byte [is_client], 0
        jne     .scaled
        call    scale
.scaled:
        mov     dx, BLOCK_KIB
        call    allocate
        mov     [one], dx
        mov     dx, BLOCK_KIB
        call    allocate
        mov     [other], dx
        bench   "version", op_version, REPEATS
        bench   "query-a20", op_a20, REPEATS
        bench   "query", op_query, REPEATS
        bench   "query-any", op_query_any, REPEATS
        bench   "allocate-free", op_allocate, REPEATS
        bench   "lock-unlock", op_lock, REPEATS
        bench   "information", op_information, REPEATS
        far_of  eax, buffer
        set_move 16, 0, eax, [one], 0
        bench   "move-16", op_move, REPEATS
        mov     dword [move_length], 1024
        bench   "move-1k", op_move, REPEATS
        mov     word [move_from], 0
        mov     word [move_from_offset], 0
        mov     dword [move_length], 32768
        bench   "move-32k", op_move, 20
        mov     ax, [other]
        mov     [move_from], ax
        mov     dword [move_from_offset], 0
        mov     dword [move_length], 100000h
        bench   "move-1m", op_move, 1
        passed  "everything was measured"
        mov     dx, [one]
        call    free
        mov     dx, [other]
        jmp     free

op_none:
        ret
op_version:
        mov     ah, 0
        call    far [xms_entry]
        ret
op_a20:
        mov     ah, 7
        call    far [xms_entry]
        ret
op_query:
        mov     ah, 8
        call    far [xms_entry]
        ret
op_query_any:
        mov     ah, 88h
        call    far [xms_entry]
        ret
op_allocate:
        mov     ah, 9
        mov     dx, 64
        call    far [xms_entry]
        mov     ah, 0Ah
        call    far [xms_entry]
        ret
op_lock:
        mov     ah, 0Ch
        mov     dx, [one]
        call    far [xms_entry]
        mov     ah, 0Dh
        mov     dx, [one]
        call    far [xms_entry]
        ret
op_information:
        mov     ah, 0Eh
        mov     dx, [one]
        call    far [xms_entry]
        ret
op_move:
        mov     ah, 0Bh
        mov     si, move_length
        call    far [xms_entry]
        ret

; measure: [value] = units for one call of [routine] less one of nothing.
measure:
        call    least_of_rounds
        mov     [value], eax
        push    word [routine]
        mov     word [routine], op_none
        call    least_of_rounds
        pop     word [routine]
        sub     [value], eax
        mov     eax, [value]
        jns     .positive
        xor     eax, eax
.positive:
        movzx   ecx, word [repeats_wanted]
        mov     edx, ecx
        shr     edx, 1
        add     eax, edx                ; to the nearest
        xor     edx, edx
        div     ecx
        mov     [value], eax
        ret

; least_of_rounds: EAX = units that [repeats_wanted] calls of [routine] took, at least.
least_of_rounds:
        mov     dword [least], 0FFFFFFFFh
        mov     word [rounds], ROUNDS
.round:
        mov     ax, [repeats_wanted]
        mov     [repeats], ax
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
        pop     word [return]
        pop     word [name]
        mov     si, word_bench
        call    report_string
        cmp     byte [is_client], 0
        je      .dormant
        mov     si, word_active
        call    report_string
.dormant:
        mov     si, [name]
        call    report_string
        mov     al, ' '
        call    report_character
        mov     eax, [value]
        call    report_decimal
        call    report_line_end
        jmp     [return]

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

section .data
word_bench:     db 'bench xms-', 0
word_active:    db 'active-', 0
word_scale:     db 'bench-scale ', 0

section .bss
                alignb 4
value:          resd 1
least:          resd 1
started:        resd 1
one:            resw 1
other:          resw 1
routine:        resw 1
repeats:        resw 1
repeats_wanted: resw 1
rounds:         resw 1
return:         resw 1
name:           resw 1
                alignb 4
buffer:         resb 1024

section .text
