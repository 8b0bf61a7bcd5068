; The NT flag of a client that calls an interrupt of its own: the handler starts without it, as after a gate, or its IRET would be that of
; a task; behind the INT it is set again.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 4

%include "dpmi.inc"

; calls VECTOR: INT with NT set; [inside] and [behind] are the flags then.
%macro calls 1
        set_handler 0205h, %1, handler
        pushf
        pop     ax
        or      ax, FLAG_NESTED
        push    ax
        popf
        int     %1
        pushf
        pop     ax
        mov     [behind], ax
        and     ax, 0FFFFh ^ FLAG_NESTED
        push    ax
        popf
%endmacro

main:
        call    enter_protected_mode
        calls   60h
        test    word [inside], FLAG_NESTED
        expect_flag z, "INT 60h: the handler starts without NT"
        test    word [behind], FLAG_NESTED
        expect_flag nz, "and the client goes on with it"
        calls   03h
        test    word [inside], FLAG_NESTED
        expect_flag z, "INT 03h: the handler starts without NT"
        test    word [behind], FLAG_NESTED
        expect_flag nz, "and the client goes on with it"
        jmp     finish

handler:
        push    ax
        pushf
        pop     ax
        mov     [inside], ax
        and     ax, 0FFFFh ^ FLAG_NESTED
        push    ax
        popf
        pop     ax
        interrupt_return

section .bss
inside:         resw 1
behind:         resw 1

section .text
