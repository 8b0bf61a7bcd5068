; Every kind of fault in a callback that is real mode's INT 21h, called to end the client there by 4Ch: without an exception handler
; the client ends alone, as by a fault, with one it goes on, and the last time to its end.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%define OWN_CALLBACK
%include "faults/faults.inc"

child_ends:
        mov     bl, 21h
        int31   0200h
        mov     [old_dos], dx
        mov     [old_dos + 2], cx
        mov     bl, 21h
        mov     cx, [callback_entry + 2]
        mov     dx, [callback_entry]
        int31   0201h
.next:
        call    next_kind
        jc      .end
        mov     byte [armed], 1
        mov     al, EXIT_WRONG
        call    end_in_real_mode
        jmp     .next
.end:
        cmp     word [wrong], 0
        jne     recovered
        mov     al, EXIT_MENDED
        call    end_in_real_mode

; end_in_real_mode: 4Ch with AL, by 0300h.
end_in_real_mode:
        push    ds
        pop     es
        call    clear_call
        mov     ah, 4Ch
        mov     [call_eax], ax
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        ret

; INT 21h of real mode: goes on to DOS, but for a 4Ch that was announced.
child_callback:
        cld
        cmp     byte [cs:armed], 0
        je      .chain
        cmp     byte [es:di + 1Dh], 4Ch
        jne     .chain
        mov     ax, [si]
        mov     [es:di + 2Ah], ax
        mov     ax, [si + 2]
        mov     [es:di + 2Ch], ax
        add     word [es:di + 2Eh], 6
        push    ds
        mov     ds, [cs:data_selector]
        mov     byte [armed], 0
        call    fault
        pop     ds
        interrupt_return
.chain:
        mov     ax, [cs:old_dos]
        mov     [es:di + 2Ah], ax
        mov     ax, [cs:old_dos + 2]
        mov     [es:di + 2Ch], ax
        interrupt_return

section .bss
                alignb 4
old_dos:        resw 2
armed:          resb 1
section .text
