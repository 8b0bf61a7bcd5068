; INT 1Ch, 23h and 24h of real-mode code reach a protected-mode handler, on a stack of the host's,
; with the registers of the real-mode code, and what the handler leaves goes back to it. The clock goes on
; below a handler of 08h that chains, whose tick comes first.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 22

%include "dpmi.inc"

; save_and_set VECTOR, MEMORY, HANDLER; set_back VECTOR, MEMORY
%macro save_and_set 3
        mov     bl, %1
        int31   0204h
        store_vector %2
        set_handler 0205h, %1, %3
%endmacro
%macro set_back 2
        load_vector %2
        mov     bl, %1
        int31   0205h
%endmacro

main:
        call    enter_protected_mode
        sti

        ; 1Ch, which the BIOS issues at each tick
        save_and_set 1Ch, old_1c, tick
        call    wait_ticks
        expect_at_least [ticks], 2, "INT 1Ch: the handler runs at each tick"
        mov     ax, [data_selector]
        cmp     [tick_ss], ax
        expect_flag ne, "it runs on a stack of the host's"

        ; 08h before it
        save_and_set 08h, old_08, clock
        mov     dword [ticks], 0
        mov     dword [clocks], 0
        call    wait_ticks
        expect_at_least [clocks], 2, "INT 08h: its handler runs"
        expect_at_least [ticks], 2, "and so does 1Ch's, by the BIOS"
        expect_equal [out_of_order], 0, "each tick behind its clock"
        set_back 08h, old_08
        set_back 1Ch, old_1c
        mov     dword [ticks], 0
        call    wait_ticks
        expect_equal [ticks], 0, "set back, the handler does not run"

        ; 23h
        save_and_set 23h, old_23, control_c
        call    real_registers
        mov     bl, 23h
        call    simulate
        expect_equal [breaks], 1, "INT 23h: the handler runs"
        expect_equal [seen_eax], 0A1A2A3A4h, "with EAX of the real-mode code"
        expect_equal [seen_edi], 0F1F2F3F4h, "and EDI"
        expect_equal [call_ebx], 77777777h, "what it leaves in EBX goes back"
        test    word [call_flags], FLAG_CARRY
        expect_flag nz, "and so does CF"
        set_back 23h, old_23

        ; 24h: AX, DI, BP:SI in, AL out
        save_and_set 24h, old_24, critical
        call    real_registers
        mov     bl, 24h
        call    simulate
        expect_equal [errors], 1, "INT 24h: the handler runs"
        expect_equal [seen_eax], 0A1A2A3A4h, "with AX"
        expect_equal [seen_edi], 0F1F2F3F4h, "DI"
        expect_equal [seen_base], 0E3E40h, "BP, a selector of its segment"
        expect_equal16 [call_ebp], 0E3E4h, "which real mode does not get back"
        expect_equal [seen_esi], 51525354h, "and SI"
        mov     al, [call_eax]
        cmp     al, 3
        expect_flag e, "AL, its answer, goes back"

        ; nested: the host keeps both apart
        mov     byte [nest], 1
        call    real_registers
        mov     bl, 24h
        call    simulate
        expect_equal [errors], 3, "INT 24h in a handler of INT 24h"
        mov     al, [call_eax]
        cmp     al, 3
        expect_flag e, "the outer one's answer goes back"
        set_back 24h, old_24

        ; from protected mode, without a handler: as in real mode
        set_handler 0205h, 24h, critical
        mov     dword [errors], 0
        mov     byte [nest], 0
        mov     ax, 1234h
        int     24h
        expect_equal [errors], 1, "INT 24h by the client itself goes to its handler"
        cmp     al, 3
        expect_flag e, "and comes back"
        set_back 24h, old_24
        jmp     finish

real_registers:
        push    ds
        pop     es
        call    clear_call
        mov     dword [call_eax], 0A1A2A3A4h
        mov     dword [call_ebx], 0B1B2B3B4h
        mov     dword [call_esi], 51525354h
        mov     dword [call_edi], 0F1F2F3F4h
        mov     dword [call_ebp], 0E1E2E3E4h
        ret

; simulate: INT BL by real-mode code that is called with the structure.
simulate:
        push    ds
        pop     es
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], issue_23
        cmp     bl, 23h
        je      .call
        mov     word [call_ip], issue_24
.call:
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        ret
issue_23:
        int     23h
        retf
issue_24:
        int     24h
        retf

; wait_ticks: four ticks of the BIOS's clock.
wait_ticks:
        push    es
        mov     bx, 40h
        int31   0002h
        mov     es, ax
        mov     dx, [es:6Ch]
        mov     ecx, 40000000h
.next:
        mov     ax, [es:6Ch]
        sub     ax, dx
        cmp     ax, 4
        jae     .end
        dec     ecx
        jnz     .next
.end:
        pop     es
        ret

tick:
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        mov     [tick_ss], ss
        inc     dword [ticks]
        mov     eax, [clocks]
        cmp     eax, [ticks]
        jae     .in_order
        cmp     dword [clocks], 0       ; 08h has no handler
        je      .in_order
        inc     dword [out_of_order]
.in_order:
        pop     eax
        pop     ds
        chain_to old_1c

clock:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [clocks]
        pop     ds
        chain_to old_08

control_c:
        push    ds
        mov     ds, [cs:data_selector]
        mov     [seen_eax], eax
        mov     [seen_edi], edi
        inc     dword [breaks]
        mov     ebx, 77777777h
        push    eax
        push    ebp
        frame_base
        or      word [ss:ebp + 10 + INTERRUPT_FLAGS], FLAG_CARRY
        pop     ebp
        pop     eax
        pop     ds
        stc
        interrupt_return

critical:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [errors]
        mov     [seen_eax], eax
        mov     [seen_edi], edi
        push    ecx
        push    edx
        push    ebx
        mov     bx, bp
        int31   0006h
        mov     [seen_base + 2], cx
        mov     [seen_base], dx
        pop     ebx
        pop     edx
        pop     ecx
        mov     [seen_esi], esi
        cmp     byte [nest], 1
        jne     .answer
        inc     byte [nest]
        push    es
        pushad
        push    ds
        pop     es
        mov     ax, [real_segment]
        mov     [inner_structure + 2Ch], ax
        mov     word [inner_structure + 2Ah], issue_24
        xor     bx, bx
        xor     cx, cx
        mov     edi, inner_structure
        int31   0301h
        popad
        pop     es
.answer:
        mov     al, 3
        pop     ds
        interrupt_return

section .bss
                  alignb 4
inner_structure:  resb 34h
ticks:            resd 1
clocks:           resd 1
out_of_order:     resd 1
breaks:           resd 1
errors:           resd 1
seen_eax:         resd 1
seen_edi:         resd 1
seen_base:        resd 1
seen_esi:         resd 1
old_1c:           resd 2
old_08:           resd 2
old_23:           resd 2
old_24:           resd 2
tick_ss:          resw 1
nest:             resb 1
