; Random instructions: what nobody would execute on purpose, in a client's ring 3. Each step makes a few instructions of random bytes
; or of what makes a host work (privileged instructions, segment loads, far transfers, IRET, INT, BOUND, ENTER, strings, FPU),
; with random prefixes, registers and flags, on stacks where there is room, none, or nothing, at places where decoding crosses the end of
; a page or of the segment; mostly untraced, sometimes by single steps, or with a watchpoint. Each ends in a handler of the client's
; (0203h, 0205h), which looks whether it was called as it should be, and puts the client back. The parent starts the
; client several times; it starts a client itself that has not all of the handlers and mostly dies; and some of its runs end
; that way.
;
; Arguments: seed (default 1), number of steps in all (default 20,000), and a run of which each step is printed; all decimal.
;
; What is kept out, since it would harm under any host: port I/O, INTs that do something, interrupts off where there may be a loop,
; selectors by which the program or the host would be executed somewhere, and writes into conventional memory: all that an
; instruction addresses is meant for segments over a block of 4 MiB, and base registers and displacements are such that even a
; machine that checks no limits (QEMU) finds nothing below 1 MiB. Where null selectors can be written through (QEMU and DOSBox-X), a
; segment load is the last instruction. What ends an emulator itself: VM in flags that QEMU pops, and the coprocessor's
; IRQ there; NT in flags that DOSBox-X pops, and far transfers to what is no code there.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 21
; timeout: 240
; image: debug-calls

%define RUNS         10
%define RIGHT_EXIT   judge_end
%define PARENT_HOOKS
%define PARENT_AFTER
%define OTHER_PROGRAM child
%define RUN_EXIT     2Ah                ; how a run ends that no fault ends
%define RUN_DIES     0FFh
%include "vm86/victim.inc"
%include "fuzz/arguments.inc"
%include "fuzz/numbers.inc"

; broken_rule "text": counts, and prints the first twenty with their step.
%macro broken_rule 1
        report_text %1
        call    report_rule
%endmacro

%include "fuzz/audit.inc"
%include "fuzz/arena.inc"
%include "fuzz/instructions.inc"
%include "fuzz/launch.inc"
%include "dpmi/exec.inc"
section .text

%define DEFAULT_STEPS 20000
%define AUDIT_EVERY   200
%define NESTED_PART   20                ; the nested client makes one step for so many of its parent's
; IRQ 0 comes 300 times a second: more is too much for an emulator on a busy machine.
%define FAST_CLOCK    3977
CODE_ROOM             equ 2800h         ; more than this program's code

; --- the parent -------------------------------------------------------------------

parent_begins:
        mov     si, 81h
        call    number
        jc      .numbers
        mov     [seed], eax
        call    number
        jc      .numbers
        mov     [steps], eax
        call    number
        jc      .numbers
        mov     [traced_run], ax
.numbers:
        mov     eax, [steps]
        xor     edx, edx
        mov     ecx, RUNS + 1
        div     ecx
        mov     [steps_each], eax
        comment_value "seed:", dword [seed]
        comment_value "steps in each run:", dword [steps_each]
        call    vector_sum
        mov     [vectors_before], eax
        call    find_idle_vectors
        ; DOSBox says what it is in its BIOS
        mov     ax, 0F000h
        mov     es, ax
        cmp     dword [es:0E061h], 'DOSB'
        sete    [gentle]
        ret

; parent_after: the clock as it was. Keeps the flags.
parent_after:
        pushf
        cli
        mov     al, 36h
        out     43h, al
        mov     al, 0
        out     40h, al
        out     40h, al
        popf
        ret

; find_idle_vectors: interrupts of which nobody uses the number, and whose real-mode handler is an IRET.
find_idle_vectors:
        mov     di, idle_vectors
        mov     bx, 60h
.next:
        cmp     bx, RESULT_VECTOR
        je      .not
        cmp     bx, 70h
        jb      .candidate
        cmp     bx, 78h
        jb      .not
.candidate:
        xor     ax, ax
        mov     es, ax
        mov     si, bx
        shl     si, 2
        les     si, [es:si]
        cmp     byte [es:si], 0CFh
        jne     .not
        mov     [di], bl
        inc     di
        inc     byte [idle_count]
.not:
        inc     bx
        cmp     bx, 100h
        jb      .next
        movzx   eax, byte [idle_count]
        comment_value "idle vectors:", eax
        ret

; judge_end: ZF=1 where AX is how a run may end; which way is chance.
judge_end:
        cmp     ax, RUN_EXIT
        je      .end
        cmp     byte [may_die], 1
        jne     .wrong
        inc     dword [runs_died]
        cmp     ax, RUN_DIES
        je      .end
.wrong:
        pushf
        movzx   eax, ax
        comment_value "a run ended wrongly, exit type and code:", eax
        popf
.end:
        ret

parent_judges:
        comment_value "steps made:", dword [steps_made]
        comment_value "ended by an interrupt or a jump:", dword [steps_left]
        comment_value "single steps:", dword [steps_traced]
        comment_value "broken off by the clock:", dword [steps_broken_off]
        comment_value "runs that died:", dword [runs_died]
        comment_value "nested clients:", dword [nested_started]
        comment_value "that died:", dword [nested_died]
        comment_value "audits:", dword [audits_made]
        xor     si, si
.count:
        mov     eax, [vector_counts + si]
        test    eax, eax
        jz      .none
        push    eax
        mov     eax, esi
        shr     ax, 2
        movzx   eax, ax
        comment_value "exception", eax
        pop     eax
        comment_value "    times:", eax
.none:
        add     si, 4
        cmp     si, 20h * 4
        jb      .count
        expect_equal [violations], 0, "no step broke a rule"
        mov     eax, RUNS
        sub     eax, [runs_died]
        imul    eax, [steps_each]
        expect_at_least [steps_made], eax, "the runs that did not die made all their steps"
        mov     eax, RUNS
        sub     eax, [runs_died]
        expect_at_least [nested_started], eax, "and each started a client of its own"
        expect_equal [nested_lost], 0, "which took nothing with it"
        call    vector_sum
        expect_equal eax, [vectors_before], "the real-mode vectors are what they were"
        ret

; --- the child ---------------------------------------------------------------------

; child_ends: victim.inc's child has taken a bit of everything and comes here.
child_ends:
        call    prepare
.next:
        mov     eax, [steps_done]
        cmp     eax, [steps_each]
        jae     .end
        call    one_step
        inc     dword [steps_done]
        inc     dword [steps_done_untold]
        mov     eax, [steps_each]
        shr     eax, 1
        cmp     eax, [steps_done]
        jne     .no_client
        cmp     byte [is_nested], 0
        jne     .no_client
        call    start_nested
.no_client:
        cmp     byte [traced], 0
        jne     .look
        mov     eax, [steps_done]
        xor     edx, edx
        mov     ecx, AUDIT_EVERY
        div     ecx
        test    edx, edx
        jnz     .next
.look:
        call    look_around
        jmp     .next
.end:
        call    look_around
        call    normal_clock
        mov     ax, 4C00h | RUN_EXIT
        int     21h

; prepare: the parent's numbers; segments, handlers.
prepare:
        mov     fs, [results_selector]
        mov     eax, [fs:seed]
        mov     [seed], eax
        mov     ax, [fs:run_number]
        mov     [run_number], ax
        inc     word [fs:run_number]
        mov     ax, [fs:traced_run]
        cmp     ax, [run_number]
        sete    [traced]
        mov     al, [fs:gentle]
        mov     [gentle], al
        mov     eax, [fs:steps_each]
        cmp     byte [82h], 'x'
        sete    [is_nested]
        jne     .steps
        xor     edx, edx
        mov     ecx, NESTED_PART
        div     ecx
.steps:
        mov     [steps_each], eax
        mov     si, idle_vectors
        movzx   cx, byte [fs:idle_count]
        mov     [idle_count], cl
        jcxz    .no_idle
.idle:
        mov     al, [fs:si]
        mov     [si], al
        inc     si
        loop    .idle
.no_idle:
        call    start_random
        call    make_arena
        call    install_handlers
        call    is_machine_lax
        call    fast_clock
        mov     fs, [results_selector]
        ; some runs, and most nested clients, are left without handlers of what a client dies of
        call    random
        mov     cl, al
        and     al, 7
        cmp     byte [is_nested], 0
        je      .dying
        cmp     cl, 200
        cmc
        setc    al
.dying:
        test    al, al
        sete    [dies]
        cmp     byte [is_nested], 0
        jne     .told
        mov     al, [dies]
        mov     [fs:may_die], al
.told:
        push    ds
        pop     es
        call    copy_code
        xor     bx, bx
        int31   0002h
        mov     [ivt], ax
        mov     es, ax
        call    vector_sum_at
        mov     [ivt_sum], eax
        push    ds
        pop     es
        mov     edi, information
        int31   0500h
        mov     eax, [information + 14h]
        mov     [free_before], eax
        call    audit_host
        movzx   eax, word [run_number]
        comment_value "run", eax
        cmp     byte [dies], 0
        je      .end
        comment "without some of the handlers"
        call    without_handlers
.end:
        xor     ax, ax
        mov     fs, ax
        ret

; look_around: the host's tables, the program's code, memory.
look_around:
        call    tell_parent
        push    ds
        pop     es
        call    audit_host
        mov     si, start
        mov     di, code_copy
        mov     cx, section..data.start
        sub     cx, si
        repe    cmpsb
        je      .code
        dec     si
        dec     di
        movzx   ebx, si
        comment_value "at:", ebx
        mov     eax, [si]
        comment_value "there is:", eax
        mov     eax, [di]
        comment_value "there was:", eax
        call    copy_code
        broken_rule "the program's code was written to"
.code:
        mov     es, [ivt]
        call    vector_sum_at
        push    ds
        pop     es
        cmp     eax, [ivt_sum]
        je      .vectors
        mov     [ivt_sum], eax
        broken_rule "a real-mode vector was written to"
.vectors:
        mov     edi, information
        int31   0500h
        jc      .refused
        mov     eax, [free_before]
        sub     eax, [information + 14h]
        cmp     eax, MOST_PAGES
        jle     .end
        broken_rule "pages are lost"
        ret
.refused:
        broken_rule "0500h was refused"
.end:
        ret

; copy_code: to compare with.
copy_code:
        mov     si, start
        mov     di, code_copy
        mov     cx, section..data.start
        sub     cx, si
        rep     movsb
        ret

; tell_parent: adds this run's counts to the parent's, and forgets them.
tell_parent:
        mov     fs, [results_selector]
        mov     bx, told
.next:
        mov     si, [bx]
        mov     eax, [si]
        mov     dword [si], 0
        mov     si, [bx + 2]
        add     [fs:si], eax
        add     bx, 4
        cmp     bx, told_end
        jb      .next
        mov     si, (20h - 1) * 4
.vector:
        mov     eax, [vector_counts + si]
        mov     dword [vector_counts + si], 0
        add     [fs:vector_counts + si], eax
        sub     si, 4
        jnc     .vector
        xor     ax, ax
        mov     fs, ax
        ret

; start_nested: this program once more, as a client that mostly dies. What it notes of itself is not the run's.
start_nested:
        mov     fs, [results_selector]
        mov     si, [results_at]
        mov     cx, RESULT_BYTES
.keep:
        mov     al, [fs:si]
        mov     [si], al                ; the same place: the parent is this program
        inc     si
        loop    .keep
        mov     word [exec_block + 2], nested_tail
        call    find_own_name
        mov     dx, own_name
        call    start_program
        mov     fs, [results_selector]
        pushf
        mov     si, [results_at]
        mov     cx, RESULT_BYTES
.put_back:
        mov     al, [si]
        mov     [fs:si], al
        inc     si
        loop    .put_back
        popf
        jc      .not_started
        inc     dword [fs:nested_started]
        mov     ah, 4Dh
        int     21h
        cmp     ax, RUN_EXIT
        je      .end
        inc     dword [fs:nested_died]
        cmp     ax, RUN_DIES
        je      .end
        inc     dword [fs:nested_lost]
        movzx   eax, ax
        comment_value "a nested client ended wrongly, exit type and code:", eax
        jmp     .end
.not_started:
        comment_value "a nested client was not started:", dword [call_eax]
.end:
        xor     ax, ax
        mov     fs, ax
        jmp     fast_clock

fast_clock:
        mov     bx, FAST_CLOCK
        jmp     set_clock
normal_clock:
        xor     bx, bx
; set_clock: BX = the timer's divisor.
set_clock:
        mov     al, 36h
        cli
        out     43h, al
        mov     al, bl
        out     40h, al
        mov     al, bh
        out     40h, al
        sti
        ret

section .data
                  align 4
seed:             dd 1
steps:            dd DEFAULT_STEPS
traced_run:       dw -1
nested_tail:      db 2, ' x', 13
; what a run tells its parent: from, to
told:             dw steps_done_untold, steps_made, left, steps_left, single_steps, steps_traced
                  dw broken_off, steps_broken_off, audits, audits_made, broken, violations
told_end:

section .bss
                  alignb 4
; the parent's
runs_died:        resd 1
steps_made:       resd 1
steps_left:       resd 1
steps_traced:     resd 1
steps_broken_off: resd 1
nested_started:   resd 1
nested_died:      resd 1
nested_lost:      resd 1
audits_made:      resd 1
violations:       resd 1
vectors_before:   resd 1
run_number:       resw 1
may_die:          resb 1
gentle:           resb 1                ; a machine that ends itself where a processor would only refuse
idle_count:       resb 1
idle_vectors:     resb 100h - 60h
                  alignb 4
; the child's
steps_each:       resd 1
steps_done:       resd 1
steps_done_untold: resd 1
left:             resd 1
single_steps:     resd 1
broken_off:       resd 1
audits:           resd 1
broken:           resd 1
code_copy:        resb CODE_ROOM
free_before:      resd 1
ivt_sum:          resd 1
ivt:              resw 1
                  alignb 4
vector_counts:    resd 20h
traced:           resb 1
is_nested:        resb 1
dies:             resb 1

section .text
