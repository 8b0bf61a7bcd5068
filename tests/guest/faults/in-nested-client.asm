; Every kind of fault in a client that a client has started: without a handler the inner one ends alone, and the outer one, whose
; selectors, memory and clock are what they were, goes on; with one the inner client goes on.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"

%define EXIT_SPOILT  2Dh                ; the outer client is not what it was

child_ends:
        mov     fs, [results_selector]
        cmp     byte [fs:outer_lives], 0
        jne     .inner

        ; the outer client: the same program again, and its exit code becomes this one's
        mov     byte [fs:outer_lives], 1
        mov     bl, 08h
        int31   0204h
        store_vector old_clock
        set_handler 0205h, 08h, clock
        mov     edx, 12345h
        mov     ecx, 0FFFh
        call    segment_at
        mov     [mark], ax
        mov     bx, 4
        xor     cx, cx
        int31   0501h
        push    bx
        push    cx
        pop     dword [memory]
        call    flat_segment
        mov     [flat], ax
        mov     es, ax
        mov     edi, [memory]
        mov     dword [es:edi + 3FFFCh], 600DF00Dh
        call    start_again
        mov     fs, [results_selector]
        mov     byte [fs:outer_lives], 0
        mov     bx, [mark]
        int31   0006h
        shl     ecx, 16
        mov     cx, dx
        cmp     ecx, 12345h
        jne     .spoilt
        mov     es, [flat]
        mov     edi, [memory]
        cmp     dword [es:edi + 3FFFCh], 600DF00Dh
        jne     .spoilt
        mov     dword [ticks], 0
        sti
        mov     ecx, 20000000h
.wait:
        cmp     dword [ticks], 1
        jae     .ticked
        dec     ecx
        jnz     .wait
.spoilt:
        mov     ax, 4C00h | EXIT_SPOILT
        int     21h
.ticked:
        mov     al, [inner_exit]
        mov     ah, 4Ch
        int     21h

.inner:
        call    next_kind
        jc      recovered
        call    fault
        jmp     .inner

; start_again: this program as a child, by 0300h.
start_again:
        push    ds
        pop     es
        mov     ds, [results_selector]
        mov     si, own_name
        mov     edi, name
        mov     cx, 128
        rep     movsb
        push    es
        pop     ds
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_es], ax
        mov     [parameters + 4], ax
        mov     [parameters + 8], ax
        mov     [parameters + 12], ax
        mov     word [call_eax], 4B00h
        mov     word [call_edx], name
        mov     word [call_ebx], parameters
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        mov     byte [inner_exit], EXIT_SPOILT
        test    word [call_flags], FLAG_CARRY
        jnz     .end
        mov     ah, 4Dh
        int     21h
        mov     [inner_exit], al
.end:
        ret

clock:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        pop     ds
        chain_to old_clock

section .bss
                alignb 4
memory:         resd 1
ticks:          resd 1
old_clock:      resd 2
mark:           resw 1
flat:           resw 1
inner_exit:     resb 1
outer_lives:    resb 1                  ; in the parent
name:           resb 128
section .text
