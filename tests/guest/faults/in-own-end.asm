; Every kind of fault in a client's handler of INT 21h, which 4Ch has called to clean up: without an exception handler the client ends
; alone, as by a fault, with one it goes on, and the last time to its end.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"

child_ends:
        mov     bl, 21h
        int31   0204h
        store_vector old_dos
        set_handler 0205h, 21h, on_dos
.next:
        call    next_kind
        jc      recovered
        mov     byte [armed], 1
        mov     ax, 4C00h | EXIT_WRONG
        int     21h
        jmp     .next

on_dos:
        cmp     ah, 4Ch
        jne     .chain
        cmp     byte [cs:armed], 0
        je      .chain
        push    ds
        mov     ds, [cs:data_selector]
        mov     byte [armed], 0
        pop     ds
        call    fault
        interrupt_return
.chain:
        chain_to old_dos

section .bss
                alignb 4
old_dos:        resd 2
armed:          resb 1
section .text
