; INT 31h 0E01h with EM (DPMI 1.0): an FPU instruction raises exception 07h in the
; client that emulates; with MP again it runs.
; expect: pass
; (DOSBox-X's FPU does not look at EM.)
; machines: qemu bochs
; width: 16 32
; plan: 7
; service: 0E01

%include "dpmi.inc"

main:
        call    enter_protected_mode
        set_handler 0203h, 07h, not_available
        service 0E01h
        mov     word [in_bx], 2
        call    call_service
        accepted "0E01h: the client emulates"
        int31   0E00h
        and     ax, 3
        expect_equal16 ax, 2, "0E00h: emulated, off"
        fld1
        expect_equal16 [faults], 1, "an FPU instruction raises exception 07h"
        service 0E01h
        mov     word [in_bx], 1
        call    call_service
        accepted "0E01h: back to the coprocessor"
        fld1
        expect_equal16 [faults], 1, "FPU instructions run again"
        jmp     finish

not_available:
        push    ds
        push    eax
        push    ebp
        frame_base
        mov     ds, [cs:data_selector]
        inc     word [faults]
        add     word [ss:ebp + 10 + EXCEPTION_IP], 2
        pop     ebp
        pop     eax
        pop     ds
        far_return

section .bss
faults: resw 1
