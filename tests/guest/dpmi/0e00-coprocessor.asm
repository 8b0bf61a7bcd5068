; INT 31h 0E00h and 0E01h, floating point (DPMI 1.0): the status says what there is;
; the client can use it, and its registers survive real-mode calls and interrupts.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 9
; service: 0E00 0E01

%include "dpmi.inc"

main:
        call    enter_protected_mode
        service 0E00h
        call    call_service
        accepted "0E00h"
        mov     ax, [out_ax]
        movzx   eax, ax
        comment_value "status:", eax
        shr     al, 4
        cmp     al, 3
        expect_flag ae, "0E00h: there is a 387 or later"
        test    word [out_ax], 4
        expect_flag nz, "0E00h: MP is set for a real coprocessor"
        service 0E01h
        mov     word [in_bx], 1
        call    call_service
        accepted "0E01h: the coprocessor for this client"
        int31   0E00h
        and     ax, 3
        expect_equal16 ax, 1, "0E00h: on, not emulated"

        fninit
        fld1
        fadd    st0, st0
        fmul    st0, st0
        fistp   dword [number]
        fwait
        expect_equal [number], 4, "it computes"

        ; its state lives through a real-mode call and interrupts
        fld1
        fldpi
        mov     ah, 30h
        int     21h
        mov     bx, 40h
        int31   0002h
        mov     es, ax
        mov     ax, [es:6Ch]
.tick:
        cmp     ax, [es:6Ch]
        je      .tick
        push    ds
        pop     es
        fstp    st0
        fistp   dword [number]
        fwait
        expect_equal [number], 1, "its registers survive DOS calls and interrupts"
        jmp     finish

section .bss
        alignb 4
number: resd 1
