; INT 31h 0301h and 0302h, Call Real Mode Procedure with Far Return / IRET Frame
; (DPMI 1.0): CS:IP of the structure is called; 0302h pushes the structure's flags.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 22
; service: 0301 0302

%include "dpmi.inc"

main:
        call    enter_protected_mode

        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], far_procedure
        mov     dword [call_eax], 0ABCD0001h
        mov     word [call_flags], FLAG_ZERO | 2
        service 0301h
        mov     word [in_bx], 0
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "0301h with the host's stack"
        expect_equal [call_eax], 0ABCD0002h, "0301h: EAX there and back"
        expect_equal16 [stack_used], 4, "0301h: there is a far return address on its stack"
        expect_equal16 [call_ip], far_procedure, "0301h: IP in the structure is left alone"
        mov     ax, [real_segment]
        expect_equal16 [call_cs], ax, "0301h: CS in the structure is left alone"
        test    word [call_flags], FLAG_CARRY
        expect_flag nz, "0301h: carry set by the procedure comes back"

        ; with words, on a stack of the caller's
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     [call_ss], ax
        mov     word [call_sp], real_stack_top
        mov     word [call_ip], far_sum
        push    word 0300h
        push    word 0020h
        push    word 1
        push    ds
        pop     es
        mov     bx, 0
        mov     cx, 3
        mov     edi, call_structure
        int31   0301h
        lea     esp, [esp + 6]           ; ADD would change carry
        expect_flag nc, "0301h: with three words of stack it succeeds"
        expect_equal16 [call_eax], 0321h, "0301h: three words of stack are copied"
        expect_equal16 [stack_at], real_stack_top - 4 - 6, "0301h: to the stack that was given"
        mov     bx, 0
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        expect_flag nc, "0301h: without words it succeeds there"
        expect_equal16 [stack_at], real_stack_top - 4, "0301h: on that stack"

        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], iret_procedure
        mov     dword [call_eax], 0ABCD0001h
        mov     word [call_flags], FLAG_DIRECTION | FLAG_ZERO | 2
        service 0302h
        mov     word [in_bx], 0
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "0302h with the host's stack"
        expect_equal [call_eax], 0ABCD0003h, "0302h: EAX there and back"
        mov     ax, [pushed_flags]
        and     ax, FLAG_DIRECTION | FLAG_ZERO | FLAG_CARRY
        expect_equal16 ax, FLAG_DIRECTION | FLAG_ZERO, "0302h: the flags on the stack were the structure's"
        test    word [call_flags], FLAG_CARRY
        expect_flag nz, "0302h: carry set in the frame comes back"

        ; a call within a call: the procedure issues DOS and BIOS calls
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], dos_procedure
        service 0301h
        mov     word [in_bx], 0
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "0301h: a procedure that calls DOS"
        expect_at_least [call_ebx], 2, "0301h: it got DOS's version"

        ; a hundred of them leave nothing behind
        mov     bp, 100
.again:
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], far_procedure
        mov     bx, 0
        mov     cx, 0
        mov     edi, call_structure
        int31   0301h
        jc      .failed
        dec     bp
        jnz     .again
.failed:
        expect_equal16 bp, 0, "0301h: a hundred calls in a row"

        ; the interrupt flag of the structure is the procedure's
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], flags_procedure
        mov     word [call_flags], FLAG_INTERRUPT | 2
        mov     bx, 0
        mov     cx, 0
        mov     edi, call_structure
        int31   0301h
        test    word [call_eax], FLAG_TRAP
        expect_flag z, "0301h: TF is clear in the procedure"
        jmp     finish

; --- real mode ------------------------------------------------------------------

; Without CX words the frame is at the top of the host's stack, wherever that is.
far_procedure:
        mov     word [cs:stack_used], 0
        push    bp
        mov     bp, sp
        cmp     word [bp + 4], 0        ; a segment to return to
        pop     bp
        je      .none
        mov     word [cs:stack_used], 4
.none:
        inc     eax
        stc
        retf
far_sum:
        mov     [stack_at], sp
        mov     bp, sp
        mov     ax, [bp + 4]
        add     ax, [bp + 6]
        add     ax, [bp + 8]
        retf
iret_procedure:
        add     eax, 2
        push    bp
        mov     bp, sp
        push    word [bp + 6]
        pop     word [pushed_flags]
        or      word [bp + 6], FLAG_CARRY
        pop     bp
        iret
dos_procedure:
        mov     ah, 30h
        int     21h
        movzx   ebx, al
        mov     ah, 19h
        int     21h
        int     12h
        retf
flags_procedure:
        pushf
        pop     ax
        retf

section .bss
              alignb 4
stack_used:   resw 1
stack_at:     resw 1
pushed_flags: resw 1
