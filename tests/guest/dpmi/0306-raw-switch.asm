; INT 31h 0305h and 0306h, state save/restore and raw mode switch addresses (DPMI
; 1.0): AX, CX, DX, (E)BX, SI, (E)DI become DS, ES, SS, (E)SP, CS, (E)IP; (E)BP is
; kept; FS and GS are not. The save routine takes AL = 0 to save, 1 to restore,
; ES:(E)DI = the buffer.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 21
; service: 0305 0306

%include "dpmi.inc"

main:
        call    enter_protected_mode

        service 0305h
        call    call_service
        accepted "0305h", R_EBX | R_ECX | R_ESI | R_EDI
        movzx   eax, word [out_ax]
        mov     [state_bytes], eax
        comment_value "bytes of state:", eax
        cmp     eax, 1000h
        expect_flag be, "0305h: the buffer is of reasonable size"

        service 0306h
        call    call_service
        accepted "0306h", R_EBX | R_ECX | R_ESI | R_EDI
        mov     ax, [out_cx]
        mov     [to_protected], ax
        mov     ax, [out_bx]
        mov     [to_protected + 2], ax
        mov     eax, [out_edi]
        mov     [to_real], eax
        mov     ax, [out_si]
        mov     [to_real + WIDTH / 8], ax
        mov     [code_selector], cs
        mov     [stack_selector], ss

        mov     ebp, 0ABCDEF01h
        call    there_and_back
        expect_equal16 [got_ds], [real_segment], "real mode has AX in DS"
        expect_equal16 [got_es], 1357h, "real mode has CX in ES"
        expect_equal16 [got_ss], [real_segment], "real mode has DX in SS"
        expect_equal16 [got_sp], real_stack_top - 2, "real mode has BX in SP"
  %if WIDTH == 32
        expect_equal [got_ebp], 0ABCDEF01h, "real mode has EBP"
        expect_equal ebp, 0ABCDEF01h, "EBP is kept on the way back"
  %else
        expect_equal16 [got_ebp], 0EF01h, "real mode has BP"
        expect_equal16 bp, 0EF01h, "BP is kept on the way back"
  %endif
        expect_equal16 [got_return], 1, "it comes back to the address in SI:DI"
        expect_equal16 [back_ss], [stack_selector], "SS is what DX was"
        mov     eax, [protected_esp]
        expect_equal [back_esp], eax, "ESP is what EBX was"
        expect_equal16 [back_ds], [data_selector], "DS is what AX was"
        expect_equal16 [back_es], [data_selector], "ES is what CX was"

        ; DOS in between
        mov     word [real_work], call_dos
        call    there_and_back
        expect_equal16 [got_return], 2, "with a DOS call in real mode"
        cmp     byte [dos_version], 2
        expect_flag ae, "which gave DOS's version"

        ; interrupts on both sides meanwhile
        mov     word [real_work], wait_a_tick
        call    there_and_back
        expect_equal16 [got_return], 3, "with timer interrupts taken in real mode"
        mov     word [real_work], 0

        ; a thousand times
        mov     word [got_return], 0
        mov     cx, 1000
.again:
        push    cx
        call    there_and_back
        pop     cx
        loop    .again
        expect_equal16 [got_return], 1000, "a thousand times"

        int31   0400h
        expect_flag nc, "INT 31h answers afterwards"
        jmp     finish

; there_and_back: to real mode and back by raw switches, with [real_work] done there.
; Keeps EBP as far as the switches do. Changes the rest.
there_and_back:
        mov     [protected_esp], esp
        mov     ax, [real_segment]
        mov     cx, 1357h
        mov     dx, ax
        mov     ebx, real_stack_top
        mov     si, ax
        mov     edi, in_real_mode
  %if WIDTH == 32
        jmp     dword far [to_real]
  %else
        jmp     word far [to_real]
  %endif
in_real_mode:
        pushf
        mov     [got_ds], ds
        mov     [got_es], es
        mov     [got_ss], ss
        mov     [got_sp], sp
        mov     [got_ebp], ebp
        mov     ax, [real_work]
        test    ax, ax
        jz      .nothing
        call    ax
.nothing:
        popf
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [stack_selector]
        mov     ebx, [protected_esp]
        mov     si, [code_selector]
        mov     edi, .back
        jmp     word far [to_protected]
.back:
        mov     [back_esp], esp
        mov     [back_ss], ss
        mov     [back_ds], ds
        mov     [back_es], es
        inc     word [got_return]
        ret

call_dos:
        mov     ah, 30h
        int     21h
        mov     [dos_version], al
        ret
wait_a_tick:
        sti
        push    ds
        mov     ax, 40h
        mov     ds, ax
        mov     bx, [6Ch]
.wait:
        cmp     bx, [6Ch]
        je      .wait
        pop     ds
        ret

section .bss
                alignb 4
state_bytes:    resd 1
protected_esp:  resd 1
back_esp:       resd 1
got_ebp:        resd 1
to_real:        resb 8
to_protected:   resw 2
code_selector:  resw 1
stack_selector: resw 1
got_ds:         resw 1
got_es:         resw 1
got_ss:         resw 1
got_sp:         resw 1
back_ss:        resw 1
back_ds:        resw 1
back_es:        resw 1
got_return:     resw 1
real_work:      resw 1
dos_version:    resb 1
