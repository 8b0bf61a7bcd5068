; Processor exceptions to a handler of the client (DPMI 0.9, 0203h; 1.0, 4.3): the
; frame holds the error code and the faulting CS:(E)IP, flags and SS:(E)SP; the handler
; runs on the host's locked stack with interrupts off, in the registers of the fault,
; and may change what the frame returns to.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 55
; service: 0203

%include "dpmi.inc"

; cause NUMBER, CODE, "name", INSTRUCTION: executes it with a handler; the handler
; goes on at the label after it. Verdicts: once; vector; address; error code.
%macro cause 4+
        call    reset_seen
        mov     bl, %1
        int31   0202h
        store_vector old
        set_handler 0203h, %1, handler_%1
        mov     word [resume_at], %%after
        mov     ecx, 0C0FFEEh
        mov     esi, 51515151h
        mov     [before_sp], sp
%%at:
        %4
%%after:
        mov     [after_ecx], ecx
        mov     [after_sp], sp
        push    ds
        mov     ds, [cs:data_selector]
        push    ds
        pop     es
        load_vector old
        mov     bl, %1
        int31   0203h
        pop     ds
        %strcat %%t1 %3, ": the handler ran once"
        expect_equal16 [seen_count], 1, %%t1
        %strcat %%t2 %3, ": the frame holds the instruction's address"
        expect_equal16 [seen_ip], %%at, %%t2
        mov     ax, cs
        %strcat %%t3 %3, ": the frame holds CS"
        expect_equal16 [seen_cs], ax, %%t3
        %strcat %%t4 %3, ": the error code"
        expect_equal16 [seen_code], %2, %%t4
        mov     ax, [before_sp]
        %strcat %%t5 %3, ": the frame holds SP"
        expect_equal16 [seen_sp], ax, %%t5
        mov     ax, [after_sp]
        %strcat %%t6 %3, ": SP is as before afterwards"
        expect_equal16 ax, [before_sp], %%t6
        %strcat %%t7 %3, ": the handler saw ECX"
        expect_equal [seen_ecx], 0C0FFEEh, %%t7
        %strcat %%t8 %3, ": what the handler put in ECX came back"
        expect_equal [after_ecx], 0FACADEh, %%t8
        test    word [seen_flags], FLAG_INTERRUPT
        %strcat %%t9 %3, ": interrupts were off in the handler"
        expect_flag z, %%t9
%endmacro

%macro handler_for 1
handler_%1:
        push    ds
        push    eax
        push    ebp
        mov     ax, %1
        jmp     handler
%endmacro

main:
        call    enter_protected_mode
        ; descriptors to fault with
        mov     edx, 0
        mov     ecx, 0Fh
        call    segment_at
        mov     [absent], ax
        mov     bx, ax
        mov     cx, 0072h
        int31   0009h

        xor     edx, edx
        xor     eax, eax
        xor     ebx, ebx
        cause   00h, 0, "00h divide", div bx
        cause   06h, 0, "06h invalid opcode", ud2
        mov     ax, [absent]
        mov     [code_absent], ax
        and     word [code_absent], 0FFF8h | 4
        cause   0Bh, [code_absent], "0Bh segment not present", mov gs, [absent]
        cause   0Dh, 0, "0Dh privileged instruction", lgdt [old]
        cause   0Dh, 0FFFCh, "0Dh selector beyond the table", mov gs, [beyond]
        mov     ax, [absent]
        cause   0Ch, [code_absent], "0Ch stack segment not present", mov ss, [absent]

        ; after all that the machine is well
        mov     ah, 30h
        int     21h
        cmp     al, 2
        expect_flag ae, "DOS answers afterwards"
        jmp     finish

reset_seen:
        mov     word [seen_count], 0
        mov     word [seen_ip], 0FFFFh
        mov     word [seen_cs], 0FFFFh
        mov     word [seen_code], 0FFFFh
        mov     word [seen_sp], 0FFFFh
        mov     dword [seen_ecx], 0
        mov     word [seen_flags], FLAG_INTERRUPT
        ret

        handler_for 00h
        handler_for 06h
        handler_for 0Bh
        handler_for 0Ch
        handler_for 0Dh

; AX = the vector. Stack: EBP, EAX, DS.
handler:
        mov     ds, [cs:data_selector]
        mov     [seen_vector], ax
        frame_base
        pushf
        pop     word [seen_flags]
        inc     word [seen_count]
        mov     ax, [ss:ebp + 10 + EXCEPTION_IP]
        mov     [seen_ip], ax
        mov     ax, [ss:ebp + 10 + EXCEPTION_CS]
        mov     [seen_cs], ax
        mov     ax, [ss:ebp + 10 + EXCEPTION_CODE]
        mov     [seen_code], ax
        mov     ax, [ss:ebp + 10 + EXCEPTION_SP]
        mov     [seen_sp], ax
        mov     [seen_ecx], ecx
        mov     ecx, 0FACADEh
        mov     ax, [resume_at]
        mov     [ss:ebp + 10 + EXCEPTION_IP], ax
        pop     ebp
        pop     eax
        pop     ds
        far_return

section .data
beyond:      dw 0FFFFh

section .bss
             alignb 4
old:         resb 8
seen_ecx:    resd 1
after_ecx:   resd 1
seen_vector: resw 1
seen_count:  resw 1
seen_ip:     resw 1
seen_cs:     resw 1
seen_code:   resw 1
seen_sp:     resw 1
seen_flags:  resw 1
resume_at:   resw 1
before_sp:   resw 1
after_sp:    resw 1
absent:      resw 1
code_absent: resw 1
