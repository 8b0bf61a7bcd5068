; INT 31h 0B00h with type 0, a watchpoint for execution (DPMI 0.9): exception 01h comes
; before the instruction; RF in the frame lets it run.
; expect: pass
; (QEMU crashes on one where the base of CS is not 0; DOSBox-X has none.)
; machines: bochs
; width: 16 32
; plan: 4
; service: 0B00

%include "dpmi.inc"

main:
        call    enter_protected_mode
        set_handler 0203h, 01h, debug
        mov     ax, executed
        call    linear_of
        service 0B00h
        set_pair in_bx, in_cx, eax
        mov     word [in_dx], 1         ; one byte, execution
        call    call_service
        accepted "0B00h: watch for execution", R_EBX
        xor     cx, cx
        call    executed
        mov     bx, [out_bx]
        int31   0B01h
        expect_equal16 [hits], 1, "execution raises exception 01h once"
        expect_equal16 [seen_ip], executed, "its frame holds the instruction's address"
        jmp     finish

executed:
        nop
        ret

debug:
        push    ds
        push    eax
        push    ebp
        mov     ds, [cs:data_selector]
        frame_base
        inc     word [hits]
        mov     ax, [ss:ebp + 10 + EXCEPTION_IP]
        mov     [seen_ip], ax
  %if WIDTH == 32
        or      dword [ss:ebp + 10 + EXCEPTION_FLAGS], 10000h
  %else
        inc     word [ss:ebp + 10 + EXCEPTION_IP]       ; 16 bits have no RF: over the NOP
  %endif
        pop     ebp
        pop     eax
        pop     ds
        far_return

section .bss
hits:    resw 1
seen_ip: resw 1
