; INT 31h 0A00h and INT 2Fh 168Ah, vendor extensions (DPMI 1.0): an unknown name is
; refused (0A00h: 8001h; 168Ah: AL stays 8Ah); "MS-DOS" gives an entry point,
; and "VIRTUAL SUPPORT", which Borland's 32-bit extender asks for, is known.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 8
; service: 0A00

%include "dpmi.inc"

main:
        call    enter_protected_mode
        service 0A00h
        set_pointer in_esi, unknown
        call    call_service
        refused "0A00h: a name that nobody has", 8001h, R_ES | R_EDI
        service 168Ah, 2Fh
        set_pointer in_esi, unknown
        call    call_service
        mov     al, [out_ax]
        cmp     al, 8Ah
        expect_flag e, "168Ah: a name that nobody has leaves AL"
        service 168Ah, 2Fh
        set_pointer in_esi, ms_dos
        call    call_service
        mov     al, [out_ax]
        cmp     al, 0
        expect_flag e, "168Ah: MS-DOS is known"
        jne     .end
        test    word [out_es], 0FFFCh
        expect_flag nz, "168Ah: its entry has a selector"
        ; the entry: AX = 0100h gives the LDT's selector, or CF
        mov     edi, [out_edi]
  %if WIDTH == 32
        mov     [entry], edi
        mov     ax, [out_es]
        mov     [entry + 4], ax
        mov     ax, 0100h
        call    dword far [entry]
  %else
        mov     [entry], di
        mov     ax, [out_es]
        mov     [entry + 2], ax
        mov     ax, 0100h
        call    word far [entry]
  %endif
        passed  "168Ah: the entry returns"
.end:
        service 168Ah, 2Fh
        set_pointer in_esi, lower_case
        call    call_service
        mov     al, [out_ax]
        cmp     al, 8Ah
        expect_flag e, "168Ah: the name's case counts"
        service 168Ah, 2Fh
        set_pointer in_esi, virtual
        call    call_service
        mov     al, [out_ax]
        cmp     al, 0
        expect_flag e, "168Ah: uncommitted memory is known"
        jmp     finish

section .data
unknown:    db 'NOBODY HAS THIS', 0
ms_dos:     db 'MS-DOS', 0
lower_case: db 'ms-dos', 0
virtual:    db 'VIRTUAL SUPPORT', 0
section .bss
            alignb 4
entry:      resb 8
