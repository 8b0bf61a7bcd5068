; Every kind of fault in a client's handler of INT 1Ch, which a real-mode procedure calls: without an exception handler the client ends alone,
; with one the handler goes on and returns to real mode.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"

child_ends:
        set_handler 0205h, 1Ch, on_1c
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
        cli
        int31   0301h
        sti
        jmp     .next

; in real mode
procedure:
        cli
        mov     byte [cs:armed], 1
        int     1Ch
        retf

; Not for the clock's own calls, which come on a stack of the BIOS.
on_1c:
        push    ds
        mov     ds, [cs:data_selector]
        cmp     byte [armed], 0
        mov     byte [armed], 0
        pop     ds
        je      .end
        call    fault
.end:
        interrupt_return

section .bss
armed:  resb 1
section .text
