; Odd flags at INT 31h: a program may have DF or NT set, IF clear or TF set when it
; calls. The service works, the flags but carry come back as they were.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 11
; service: 0400

%include "dpmi.inc"

; with_flags FLAGS, "text"
%macro with_flags 2
        mov     ax, %1
        call    version_with_flags
        expect_equal16 [judged], (%1) & (FLAG_DIRECTION | FLAG_INTERRUPT | FLAG_ZERO), %2
        %strcat %%text %2, ": the answer is right"
        expect_equal16 [answer], [host_version], %%text
%endmacro

main:
        call    enter_protected_mode
        with_flags FLAG_INTERRUPT | FLAG_DIRECTION, "direction flag set"
        with_flags FLAG_INTERRUPT | FLAG_NESTED, "NT set"
        with_flags FLAG_DIRECTION, "interrupts off, direction flag set"
        with_flags FLAG_INTERRUPT | FLAG_ZERO | FLAG_CARRY, "carry and zero set"

        ; DF and NT while an interrupt is reflected and while real mode is called
        mov     bl, 60h
        mov     cx, [real_segment]
        mov     dx, real_iret
        int31   0201h
        pushf
        pop     ax
        or      ax, FLAG_DIRECTION | FLAG_NESTED
        push    ax
        popf
        int     60h
        pushf
        pop     ax
        cld
        push    word FLAG_INTERRUPT | 2
        popf
        test    ax, FLAG_DIRECTION
        expect_flag nz, "an interrupt reflected with DF and NT set: DF comes back"

        push    ds
        pop     es
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], real_retf
        mov     word [call_flags], FLAG_INTERRUPT | FLAG_DIRECTION | FLAG_NESTED | 2
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        expect_flag nc, "0301h with DF and NT in the structure"
        pushf
        pop     ax
        and     ax, FLAG_DIRECTION | FLAG_NESTED
        expect_equal16 ax, 0, "they do not leak into protected mode"
        jmp     finish

version_with_flags:
        push    ax
        mov     ax, 0400h
        popf
        int     31h
        pushf
        pop     word [judged]
        cld
        push    word FLAG_INTERRUPT | 2
        popf
        mov     [answer], ax
        and     word [judged], FLAG_DIRECTION | FLAG_INTERRUPT | FLAG_ZERO
        ret

real_iret:
        iret
real_retf:
        retf

section .bss
answer: resw 1
