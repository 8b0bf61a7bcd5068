; Random INT 31h calls: every function and many that do not exist, with selectors, sizes,
; addresses, pointers and handles that are right, stale or nonsense. After each call: only
; registers that the specification names have changed, a refusal has a code of DPMI 1.0, and
; the program's own code is what it was. The parent starts the client several times, each with
; the same part of the calls to make, lets it end in different ways, and looks whether every run
; finds the same addresses and counts.
;
; Arguments: seed (default 1), number of calls in all (default 20,000), a run (0: the one that
; is not compared) of which each call is printed before it is made, and the run to begin with (default 0); all decimal.
; The random numbers depend on the seed and the run only, so that a failure comes again.
;
; What is kept out, since it would harm under any host: writes into conventional memory outside
; of this program, changes to the descriptors that the program itself uses, other real-mode
; vectors than E0h to EFh, vectors of protected mode that stay changed while interrupts arrive,
; real-mode calls other than to harmless places, execution breakpoints (QEMU dies of them). Between the calls are what clients do
; beside them (extras.inc) and what none does on purpose (hostile.inc).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 21
; timeout: 240
; image: debug-calls

%define DEBUG_GROUP  0FEh

%define RUNS         10
%define RIGHT_EXIT   judge_end
%define RUN_EXIT     2Ah                ; how a run ends that no fault ends,
%define RUN_DIES     0FFh               ; and one that a fault ends
%define PARENT_HOOKS
%include "vm86/victim.inc"
%include "fuzz/arguments.inc"
%include "fuzz/random.inc"
%include "fuzz/functions.inc"
%include "fuzz/shapes.inc"
%include "fuzz/guard.inc"
%include "fuzz/judge.inc"
%include "fuzz/audit.inc"
%include "fuzz/extras.inc"
%include "fuzz/hostile.inc"
%include "fuzz/ends.inc"

%define DEFAULT_CALLS 20000
%define CHECK_EVERY   1000
%define AUDIT_EVERY   200

; --- the parent -------------------------------------------------------------------

; parent_begins: the arguments, and the sum over the real-mode vectors.
parent_begins:
        mov     si, 81h
        call    number
        jc      .vectors
        mov     [seed], eax
        call    number
        jc      .vectors
        mov     [calls], eax
        call    number
        jc      .vectors
        mov     [traced_run], ax
        call    number
        jc      .vectors
        mov     [run_number], ax
.vectors:
        mov     eax, [calls]
        xor     edx, edx
        mov     ecx, RUNS + 1
        div     ecx
        mov     [calls_each], eax
        comment_value "seed:", dword [seed]
        comment_value "calls in each run:", dword [calls_each]
        call    vector_sum
        mov     [vectors_before], eax
        ; DOSBox says what it is in its BIOS
        mov     ax, 0F000h
        mov     es, ax
        cmp     dword [es:0E061h], 'DOSB'
        sete    [gentle]
        ret

; judge_end: ZF=1 where AX is how the run said that it would end.
judge_end:
        cmp     ax, [wanted_end]
        ret

parent_judges:
        comment_value "calls made:", dword [calls_made]
        comment_value "calls granted:", dword [calls_granted]
        comment_value "ended by an exception:", dword [calls_faulted]
        comment_value "audits:", dword [audits_made]
        expect_equal [violations], 0, "no call broke a rule"
        mov     eax, [calls_each]
        imul    eax, RUNS + 1
        expect_equal [calls_made], eax, "all calls were made"
        ; the host may have filled its own stock and grown its tables meanwhile
        expect_at_least 64, [kept_pages], "freeing everything by hand gives the pages back"
        mov     eax, [calls_granted]
        shl     eax, 3
        expect_at_least eax, [calls_made], "an eighth of the calls and more were granted"
        call    vector_sum
        expect_equal eax, [vectors_before], "the real-mode vectors are what they were"
        ret

; --- the child ---------------------------------------------------------------------

; child_ends: victim.inc's child has taken a bit of everything and comes here.
child_ends:
        call    prepare
.next:
        mov     eax, [calls_done]
        cmp     eax, [calls_each]
        jae     .end
        call    fuzz_one
        inc     dword [calls_done]
        mov     ax, 64
        call    random_below
        jnz     .no_extra
        call    random_extra
.no_extra:
        mov     eax, [calls_done]
        xor     edx, edx
        mov     ecx, AUDIT_EVERY
        div     ecx
        test    edx, edx
        jnz     .next
        call    audit_host
        mov     eax, [calls_done]
        xor     edx, edx
        mov     ecx, CHECK_EVERY
        div     ecx
        test    edx, edx
        jnz     .next
        call    check_world
        jmp     .next
.end:
        call    audit_host
        call    check_world
        jmp     end_of_run

; prepare: the parent's numbers, what the program starts from, the exception handlers.
prepare:
        mov     fs, [results_selector]
        mov     eax, [fs:seed]
        mov     [seed], eax
        mov     eax, [fs:calls_each]
        mov     [calls_each], eax
        mov     ax, [fs:run_number]
        mov     [run_number], ax
        inc     word [fs:run_number]
        mov     ax, [fs:traced_run]
        cmp     ax, [run_number]
        sete    [traced]
        mov     al, [fs:gentle]
        mov     [gentle], al
        mov     word [fs:wanted_end], RUN_EXIT
        xor     ax, ax
        mov     fs, ax
        call    start_random
        call    flat_segment
        mov     [flat], ax
        mov     ax, cs
        mov     [own_selectors], ax
        mov     [own_selectors + 2], ds
        mov     [own_selectors + 4], ss
        mov     ax, [results_selector]
        mov     [own_selectors + 6], ax
        mov     ax, [flat]
        mov     [own_selectors + 8], ax
        call    install_handlers
        call    prepare_hostile
        call    code_sum
        mov     [sum_before], eax
        call    note_descriptors
        mov     edi, information
        int31   0500h
        mov     eax, [information + 14h]
        mov     [free_before], eax
        mov     eax, [information + 18h]
        mov     [physical_before], eax
        call    audit_host
        movzx   eax, word [run_number]
        comment_value "run", eax
        comment_value "free pages:", dword [free_before]
        ret

; fuzz_one: one random call.
fuzz_one:
        call    choose_function
        call    reset_image
        mov     ax, [number_now]
        mov     [in_ax], ax
        call    random_flags
        call    random_segments
        mov     bx, [row_now]
        call    [bx + ROW_SHAPE]
        call    tame
        call    trace_call
        call    remember_vectors
        call    guarded_call
        jc      .faulted
        call    judge_call
        call    note_results
        call    restore_vectors
        ret
.faulted:
        inc     dword [faulted]
        call    restore_vectors
        ret

section .data
                  align 4
seed:             dd 1
calls:            dd DEFAULT_CALLS
traced_run:       dw -1

section .bss
                  alignb 4
; the parent's
calls_made:       resd 1
calls_granted:    resd 1
calls_faulted:    resd 1
audits_made:      resd 1
violations:       resd 1
kept_pages:       resd 1
vectors_before:   resd 1
run_number:       resw 1
wanted_end:       resw 1
                  alignb 4
; the child's
calls_each:       resd 1
calls_done:       resd 1
granted:          resd 1
faulted:          resd 1
broken:           resd 1
sum_before:       resd 1
audits:           resd 1
free_before:      resd 1
physical_before:  resd 1
flat:             resw 1
own_selectors:    resw 5
OWN_SELECTORS     equ 5
traced:           resb 1

section .text
