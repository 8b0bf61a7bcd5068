; INT 33h 0Ch, 14h and 18h, INT 15h C207h: a protected-mode procedure that a driver calls, with
; the driver's registers, and that ends with RETF.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 30

%include "dpmi.inc"
%include "mouse/driver.inc"

main:
        call    driver_install
        mov     word [driver_procedure], 4321h
        mov     word [driver_procedure + 2], 8765h
        mov     word [driver_mask], 5
        call    enter_protected_mode
        call    flat_segment
        mov     fs, ax

        ; 0Ch
        service 000Ch, 33h
        mov     word [in_cx], 1Fh
        set_pointer in_edx, event
        mov     [in_es], cs
        call    call_service
        mov     word [registers_free], 0
        call    judge_registers
        expect_equal [judged], 0, "0Ch changes no register"
        expect_equal16 [driver_mask], 1Fh, "0Ch: the driver has the events"
        mov     eax, [driver_procedure]
        cmp     eax, 87654321h
        expect_flag ne, "0Ch: the driver has another procedure"

        call    fire
        expect_equal [events], 1, "an event: the procedure ran"
        expect_equal16 [driver_events], 1, "the driver has its registers again"
        expect_equal16 [got_ax], EVENT_AX, "AX as the driver passed it"
        expect_equal16 [got_bx], EVENT_BX, "BX"
        expect_equal16 [got_cx], EVENT_CX, "CX"
        expect_equal16 [got_dx], EVENT_DX, "DX"
        expect_equal16 [got_si], EVENT_SI, "SI"
        expect_equal16 [got_di], EVENT_DI, "DI"
        mov     ax, cs
        expect_equal16 [got_cs], ax, "CS is the procedure's own"
        expect_equal [version], 5Ah, "services work in it"
        expect_equal16 [called], 1, "so does a call into real mode"

        ; 200 events, one after the other: nothing is used up
        mov     cx, 200
.again:
        push    cx
        call    fire
        pop     cx
        loop    .again
        expect_equal [events], 201, "200 more events"

        ; 14h
        service 0014h, 33h
        mov     word [in_cx], 7
        set_pointer in_edx, other_event
        mov     [in_es], cs
        call    call_service
        expect_equal16 [out_cx], 1Fh, "14h: the old events"
        expect_equal16 [out_edx], event, "14h: the old procedure"
        mov     ax, cs
        expect_equal16 [out_es], ax, "14h: and its selector"
        expect_equal16 [driver_mask], 7, "14h: the driver has the new events"
        call    fire
        expect_equal [other_events], 1, "14h: the new procedure is called"

        ; 18h, beside it
        service 0018h, 33h
        mov     word [in_cx], 0A1h
        set_pointer in_edx, event
        mov     [in_es], cs
        call    call_service
        expect_equal16 [out_ax], 18h, "18h: granted"
        mov     word [fired], 5518h
        mov     dword [events], 0
        call    fire_it
        expect_equal [events], 1, "18h: its procedure is called"
        mov     eax, [driver_alternate]
        cmp     eax, [driver_procedure]
        expect_flag ne, "18h: it has an address of its own"
        call    fire
        expect_equal [other_events], 2, "the procedure of 14h is still there"

        ; none
        service 000Ch, 33h
        mov     word [in_cx], 0
        set_pointer in_edx, 0
        mov     word [in_es], 0
        call    call_service
        expect_equal [driver_procedure], 0, "0Ch with none: the driver has none"

        ; what is no code: the program's data
        service 000Ch, 33h
        set_pointer in_edx, event
        call    call_service
        expect_equal [driver_procedure], 0, "0Ch with nonsense: it still has none"

        ; the pointing device
        service 0C207h, 15h
        mov     word [in_flags], FLAG_INTERRUPT | 2
        set_pointer in_ebx, device_event
        mov     [in_es], cs
        call    call_service
        test    word [out_flags], FLAG_CARRY
        expect_flag z, "C207h: granted"
        mov     ax, 0C255h
        int     15h
        expect_equal [got_status], 11112222h, "C207h: status and X on the stack"
        expect_equal [got_y], 33330000h, "C207h: Y and zero on the stack"
        service 0C207h, 15h
        set_pointer in_ebx, device_event
        call    call_service
        expect_equal16 [out_ax], 0200h, "C207h with nonsense: invalid input"

        push    fs
        pop     es
        call    driver_remove
        jmp     finish

; fire: an event. Keeps ES.
fire:
        mov     word [fired], 5500h
fire_it:
        push    es
        mov     ax, [fired]
        int     33h
        pop     es
        ret

event:
        push    ds
        mov     ds, [cs:data_selector]
        mov     [got_ax], ax
        mov     [got_bx], bx
        mov     [got_cx], cx
        mov     [got_dx], dx
        mov     [got_si], si
        mov     [got_di], di
        mov     [got_cs], cs
        inc     dword [events]
        int31   0400h
        movzx   eax, ax
        mov     [version], eax
        push    es
        push    ds
        pop     es
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], real_procedure
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        pop     es
        mov     ax, [call_eax]
        mov     [called], ax
        mov     esi, 12345678h          ; the driver gets its own back
        mov     ebx, esi
        pop     ds
        far_return

real_procedure:
        mov     ax, 1
        retf

other_event:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [other_events]
        pop     ds
        far_return

device_event:
        push    ds
        mov     ds, [cs:data_selector]
        frame_base
  %if WIDTH == 32
    %define WORDS 10
  %else
    %define WORDS 6
  %endif
        mov     eax, [ss:ebp + WORDS]
        mov     [got_y], eax
        mov     eax, [ss:ebp + WORDS + 4]
        mov     [got_status], eax
        pop     ds
        far_return

section .bss
                  alignb 4
events:           resd 1
other_events:     resd 1
version:          resd 1
got_status:       resd 1
got_y:            resd 1
got_ax:           resw 1
got_bx:           resw 1
got_cx:           resw 1
got_dx:           resw 1
got_si:           resw 1
got_di:           resw 1
got_cs:           resw 1
called:           resw 1
fired:            resw 1
