; INT 31h 0008h, Set Segment Limit (DPMI 1.0): up to FFFFFh in bytes, from 1 MiB on
; in pages, where the low 12 bits have to be set (else 8021h); 8022h for selectors
; that are not the client's. Limits are never clipped: start-up code checks by LSL.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 35
; service: 0008

%include "dpmi.inc"

; limit_is LIMIT, GRANULARITY, "text": sets it, reads it back.
%macro limit_is 3
        service 0008h
        mov     ax, [selector]
        mov     [in_bx], ax
        set_pair in_cx, in_dx, %1
        call    call_service
        accepted %3
        movzx   ebx, word [selector]
        lsl     eax, ebx
        %strcat %%text %3, ": LSL agrees"
        expect_equal eax, %1, %%text
%endmacro

%macro limit_refused 2
        service 0008h
        mov     ax, [selector]
        mov     [in_bx], ax
        set_pair in_cx, in_dx, %1
        call    call_service
        refused %2, 8021h
%endmacro

main:
        call    enter_protected_mode
        mov     cx, 1
        int31   0000h
        mov     [selector], ax

        limit_is 0, 0, "limit 0, one byte"
        limit_is 0FFFFh, 0, "limit FFFFh"
        limit_is 12345h, 0, "limit 12345h"
        limit_is 0FFFFFh, 0, "limit FFFFFh"
        limit_is 1FFFFFh, 1, "limit 1FFFFFh"
        limit_is 0FFFFFFFFh, 1, "limit FFFFFFFFh"
        limit_is 0FFEh, 0, "limit FFEh after a page-granular one"
        lar     eax, ebx
        and     eax, 80FE00h
        expect_equal eax, 00F200h, "granularity is bytes again, rights unchanged"

        limit_refused 100000h, "limit 100000h"
        limit_refused 0FFFFFFFEh, "limit FFFFFFFEh"
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 0FFEh, "a refusal leaves the limit"

        service 0008h
        mov     word [in_bx], 0
        set_pair in_cx, in_dx, 0FFFFh
        call    call_service
        refused "the null selector", 8022h
        service 0008h
        mov     word [in_bx], 0FFFFh
        set_pair in_cx, in_dx, 0FFFFh
        call    call_service
        refused "a selector never allocated", 8022h

        ; the limit of what is loaded follows on return
        mov     bx, [selector]
        xor     cx, cx
        mov     dx, 0FFFFh
        int31   0008h
        mov     es, bx
        xor     cx, cx
        mov     dx, 0Fh
        int31   0008h
        jc      .shrunk
        mov     word [faults], 0
        mov     bl, 0Dh
        int31   0202h
        store_vector old_vector
        set_handler 0203h, 0Dh, protection_fault
        mov     al, [es:10h]            ; beyond the limit: #GP (QEMU checks none)
.after:
        load_vector old_vector
        mov     bl, 0Dh
        int31   0203h
        comment_value "faults at a read beyond the limit (no limits in QEMU):", [faults]
.shrunk:
        mov     al, [es:0Fh]
        passed  "the last byte within the new limit can be read"
        push    ds
        pop     es
        ; the program's own DS to its own limit: accepted
        service 0008h
        mov     [in_bx], ds
        set_pair in_cx, in_dx, 0FFFFFFFFh
        call    call_service
        accepted "4 GiB for the DS in use"
        mov     ax, ds
        movzx   ebx, ax
        lsl     eax, ebx
        expect_equal eax, 0FFFFFFFFh, "DS has it"
        jmp     finish

; Skips the instruction at .after's predecessor.
protection_fault:
        push    ds
        push    eax
        push    ebp
        frame_base
        mov     ds, [cs:data_selector]
        inc     word [faults]
        mov     word [ss:ebp + 10 + EXCEPTION_IP], main.after
        pop     ebp
        pop     eax
        pop     ds
        far_return

section .bss
                alignb 4
faults:         resd 1
old_vector:     resb 8
selector:       resw 1
