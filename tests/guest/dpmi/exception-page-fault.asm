; Exception 0Eh to a handler (DPMI 1.0, 4.3): touching an address that nobody allocated
; is the client's page fault; the handler may go on elsewhere. Freed blocks fault too.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 8
; service: 0203

%include "dpmi.inc"

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        set_handler 0203h, 0Eh, page_fault

        mov     es, [flat]
        mov     ebx, 0BFFF0000h
        mov     word [resume_at], .after_read
.read:
        mov     al, [es:ebx]
.after_read:
        expect_equal16 [faults], 1, "a read where nothing is faults"
        expect_equal16 [seen_ip], .read, "the frame holds the address of the instruction"
        test    word [seen_code], 2
        expect_flag z, "the error code says read"
        test    word [seen_code], 4
        expect_flag nz, "the error code says user"
        mov     word [resume_at], .after_write
.write:
        mov     byte [es:ebx], 1
.after_write:
        expect_equal16 [faults], 2, "a write where nothing is faults"
        test    word [seen_code], 2
        expect_flag nz, "the error code says write"

        push    ds
        pop     es
        xor     bx, bx
        mov     cx, 4000h
        int31   0501h
        mov     [address], cx
        mov     [address + 2], bx
        mov     es, [flat]
        mov     ebx, [address]
        mov     word [resume_at], .after_block
        mov     byte [es:ebx + 3FFFh], 7
.after_block:
        expect_equal16 [faults], 2, "an allocated block does not fault"
        int31   0502h
        mov     word [resume_at], .after_freed
        mov     al, [es:ebx]
.after_freed:
        push    ds
        pop     es
        expect_equal16 [faults], 3, "the block faults once it is freed"
        jmp     finish

page_fault:
        push    ds
        push    eax
        push    ebp
        mov     ds, [cs:data_selector]
        frame_base
        inc     word [faults]
        mov     ax, [ss:ebp + 10 + EXCEPTION_IP]
        mov     [seen_ip], ax
        mov     ax, [ss:ebp + 10 + EXCEPTION_CODE]
        mov     [seen_code], ax
        mov     ax, [resume_at]
        mov     [ss:ebp + 10 + EXCEPTION_IP], ax
        pop     ebp
        pop     eax
        pop     ds
        far_return

section .bss
           alignb 4
address:   resd 1
flat:      resw 1
faults:    resw 1
seen_ip:   resw 1
seen_code: resw 1
resume_at: resw 1
