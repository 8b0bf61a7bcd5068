; INT 31h 0300h, Simulate Real Mode Interrupt (DPMI 1.0): all registers go there and
; back, words of the stack are copied, the host has a stack where SS:SP is 0:0, the
; handler is entered as by an interrupt (IF and TF clear, flags from the structure).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 47
; service: 0300

%include "dpmi.inc"

%define USER_INT 60h

main:
        call    enter_protected_mode
        mov     bl, USER_INT
        mov     cx, [real_segment]
        mov     dx, exchange
        int31   0201h

        ; registers
        call    clear_call
        call    fill_call
        service 0300h
        mov     word [in_bx], USER_INT
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "an interrupt with the host's stack"
        expect_equal [got_eax], 11111111h, "the handler got EAX"
        expect_equal [got_ebx], 22222222h, "the handler got EBX"
        expect_equal [got_ecx], 33333333h, "the handler got ECX"
        expect_equal [got_edx], 44444444h, "the handler got EDX"
        expect_equal [got_esi], 55555555h, "the handler got ESI"
        expect_equal [got_edi], 66666666h, "the handler got EDI"
        expect_equal [got_ebp], 77777777h, "the handler got EBP"
        expect_equal16 [got_ds], 1234h, "the handler got DS"
        expect_equal16 [got_es], 5678h, "the handler got ES"
        expect_equal16 [got_fs], 9ABCh, "the handler got FS"
        expect_equal16 [got_gs], 0DEF0h, "the handler got GS"
        mov     ax, [got_flags]
        and     ax, FLAG_INTERRUPT | FLAG_TRAP
        expect_equal16 ax, 0, "IF and TF were clear in the handler"
        mov     ax, [got_pushed_flags]
        and     ax, 0CD5h & ~FLAG_TRAP
        expect_equal16 ax, FLAG_CARRY | FLAG_DIRECTION, "the flags on its stack were the structure's"
        expect_equal [call_eax], ~11111111h, "EAX came back"
        expect_equal [call_ebx], ~22222222h, "EBX came back"
        expect_equal [call_ecx], ~33333333h, "ECX came back"
        expect_equal [call_edx], ~44444444h, "EDX came back"
        expect_equal [call_esi], ~55555555h, "ESI came back"
        expect_equal [call_edi], ~66666666h, "EDI came back"
        expect_equal [call_ebp], ~77777777h, "EBP came back"
        expect_equal16 [call_ds], ~1234h & 0FFFFh, "DS came back"
        expect_equal16 [call_es], ~5678h & 0FFFFh, "ES came back"
        expect_equal16 [call_fs], ~9ABCh & 0FFFFh, "FS came back"
        expect_equal16 [call_gs], ~0DEF0h & 0FFFFh, "GS came back"
        mov     ax, [call_flags]
        and     ax, FLAG_CARRY | FLAG_ZERO | FLAG_DIRECTION
        expect_equal16 ax, FLAG_ZERO, "the flags came back"
        expect_equal [call_structure + 2Ah], 0BBBBAAAAh, "CS:IP in the structure is left alone"
        expect_equal [call_structure + 2Eh], 0, "SS:SP in the structure is left alone"
        expect_at_least [got_sp_wide], 200h - 6, "the host's stack has at least 200h bytes"

        ; the stack of the caller's choice, with words copied to it
        mov     bl, USER_INT
        mov     cx, [real_segment]
        mov     dx, read_stack
        int31   0201h
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_ss], ax
        mov     word [call_sp], real_stack_top
        mov     word [sum], 0
        push    word 3000h
        push    word 0200h
        push    word 0010h
        service 0300h
        mov     word [in_bx], USER_INT
        mov     word [in_cx], 3
        set_pointer in_edi, call_structure
        call    call_with_words
        add     sp, 6
        accepted "three words of stack"
        expect_equal16 [sum], 3210h, "they were found beyond the flags, in order"
        expect_equal16 [got_ss], [real_segment], "the handler ran on the given SS"
        expect_equal16 [got_sp], real_stack_top - 12, "the handler ran on the given SP"
        expect_equal16 [call_sp], real_stack_top, "SP in the structure is left alone"
        mov     word [got_sp], 0
        mov     word [got_ss], 0
        service 0300h
        mov     word [in_bx], USER_INT
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "the given stack without words"
        expect_equal16 [got_ss], [real_segment], "the handler ran on the given SS"
        expect_equal16 [got_sp], real_stack_top - 6, "and SP"
        expect_equal16 [call_sp], real_stack_top, "which is left alone in the structure"

        ; nested: a real-mode interrupt within the simulated one
        mov     bl, USER_INT
        mov     cx, [real_segment]
        mov     dx, nested
        int31   0201h
        mov     bl, USER_INT + 1
        mov     cx, [real_segment]
        mov     dx, inner
        int31   0201h
        call    clear_call
        service 0300h
        mov     word [in_bx], USER_INT
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "an interrupt that issues another"
        expect_equal16 [call_ebx], 1212h, "the inner one was reached"

        ; a vector that was 0204h/0205h's in protected mode is not called
        set_handler 0205h, USER_INT, must_not_run
        call    clear_call
        mov     bx, USER_INT
        xor     cx, cx
        mov     edi, call_structure
        push    ds
        pop     es
        int31   0300h
        expect_equal16 [ran], 0, "a protected-mode handler is not asked"

        ; interrupts come while real-mode code waits for them
        mov     bl, USER_INT
        mov     cx, [real_segment]
        mov     dx, wait_for_ticks
        int31   0201h
        call    clear_call
        service 0300h
        mov     word [in_bx], USER_INT
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "a handler that waits for two timer ticks"
        jmp     finish

; call_with_words: call_service copies from SS:SP as it is at the INT, which is deep
; inside it; so this is the same call by hand, with the words on top of the stack.
call_with_words:
        pop     word [return_here]
        mov     ax, ds
        mov     es, ax
        mov     dword [in_eax], 0300h
        pushf
        pop     word [flags_before]
        mov     ax, 0300h
        mov     ebx, [in_ebx]
        mov     ecx, [in_ecx]
        mov     edx, [in_edx]
        mov     esi, [in_esi]
        mov     edi, [in_edi]
        mov     ebp, [in_ebp]
        mov     [in_esp], esp
        stc
        int     31h
        mov     [out_esp], esp
        pushf
        pop     word [out_flags]
        mov     [out_eax], eax
        mov     [out_ebx], ebx
        mov     [out_ecx], ecx
        mov     [out_edx], edx
        mov     [out_esi], esi
        mov     [out_edi], edi
        mov     [out_ebp], ebp
        mov     ax, [in_ds]
        mov     [out_ds], ax
        mov     [out_es], ax
        mov     ax, [in_fs]
        mov     [out_fs], ax
        mov     ax, [in_gs]
        mov     [out_gs], ax
        jmp     [return_here]

fill_call:
        mov     dword [call_eax], 11111111h
        mov     dword [call_ebx], 22222222h
        mov     dword [call_ecx], 33333333h
        mov     dword [call_edx], 44444444h
        mov     dword [call_esi], 55555555h
        mov     dword [call_edi], 66666666h
        mov     dword [call_ebp], 77777777h
        mov     word [call_ds], 1234h
        mov     word [call_es], 5678h
        mov     word [call_fs], 9ABCh
        mov     word [call_gs], 0DEF0h
        mov     word [call_ip], 0AAAAh
        mov     word [call_cs], 0BBBBh
        mov     word [call_flags], FLAG_CARRY | FLAG_DIRECTION | FLAG_INTERRUPT | FLAG_TRAP | 2
        ret

must_not_run:
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [ran]
        pop     ds
        interrupt_return

; --- real mode ------------------------------------------------------------------

; Stores all registers and the flags, hands back their complements.
exchange:
        pushf
        mov     [cs:got_eax], eax
        pop     ax
        mov     [cs:got_flags], ax
        mov     [cs:got_sp], sp
        mov     [cs:got_ebx], ebx
        mov     [cs:got_ecx], ecx
        mov     [cs:got_edx], edx
        mov     [cs:got_esi], esi
        mov     [cs:got_edi], edi
        mov     [cs:got_ebp], ebp
        mov     [cs:got_ds], ds
        mov     [cs:got_es], es
        mov     [cs:got_fs], fs
        mov     [cs:got_gs], gs
        movzx   eax, sp
        mov     [cs:got_sp_wide], eax
        mov     bp, sp
        mov     ax, [bp + 4]
        mov     [cs:got_pushed_flags], ax
        mov     word [bp + 4], FLAG_ZERO | FLAG_INTERRUPT | 2
        mov     ebp, [cs:got_ebp]
        mov     ax, ds
        not     ax
        mov     ds, ax
        mov     ax, es
        not     ax
        mov     es, ax
        mov     ax, fs
        not     ax
        mov     fs, ax
        mov     ax, gs
        not     ax
        mov     gs, ax
        mov     eax, [cs:got_eax]
        not     eax
        not     ebx
        not     ecx
        not     edx
        not     esi
        not     edi
        not     ebp
        iret

; Sums the three words above the interrupt's frame, weighted by their order.
read_stack:
        mov     [cs:got_ss], ss
        mov     [cs:got_sp], sp
        mov     bp, sp
        mov     ax, [bp + 6]
        cmp     ax, 0010h
        jne     .wrong
        add     ax, [bp + 8]
        cmp     ax, 0210h
        jne     .wrong
        add     ax, [bp + 10]
        mov     [cs:sum], ax
.wrong:
        iret

nested:
        int     USER_INT + 1
        iret
inner:
        mov     ebx, 1212h
        iret

wait_for_ticks:
        sti
        mov     ax, 40h
        mov     ds, ax
        mov     bx, [6Ch]
.first:
        cmp     bx, [6Ch]
        je      .first
        mov     bx, [6Ch]
.second:
        cmp     bx, [6Ch]
        je      .second
        iret

section .bss
                  alignb 4
got_eax:          resd 1
got_ebx:          resd 1
got_ecx:          resd 1
got_edx:          resd 1
got_esi:          resd 1
got_edi:          resd 1
got_ebp:          resd 1
got_sp_wide:      resd 1
got_ds:           resw 1
got_es:           resw 1
got_fs:           resw 1
got_gs:           resw 1
got_ss:           resw 1
got_sp:           resw 1
got_flags:        resw 1
got_pushed_flags: resw 1
sum:              resw 1
ran:              resw 1
return_here:      resw 1
