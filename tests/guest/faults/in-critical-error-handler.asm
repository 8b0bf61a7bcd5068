; Every kind of fault in a client's handler of INT 24h, which real mode calls: without an exception handler the client ends alone, with one
; the handler answers, and real mode goes on with the answer.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"

FAIL    equ 3                           ; the answer

child_ends:
        set_handler 0205h, 24h, on_critical_error
.next:
        call    next_kind
        jc      recovered
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], procedure
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        cmp     byte [call_eax], FAIL
        je      .next
        inc     word [wrong]
        jmp     .next

; in real mode
procedure:
        mov     ax, 0
        mov     di, 2
        xor     bp, bp
        xor     si, si
        int     24h
        retf

on_critical_error:
        call    fault
        mov     al, FAIL
        interrupt_return
