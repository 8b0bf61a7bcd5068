; Every kind of fault in the handler of IRQ 0 of a client that stayed resident, while a real-mode program runs: without an exception handler both end, with
; one it goes on, and ends the other program by 4Ch.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 300

%include "faults/resident.inc"

SIGN    equ 61h                         ; the other program is there: this real-mode vector is 1

resident_begins:
        xor     bx, bx
        int31   0002h
        mov     [vectors], ax
        mov     bl, 08h
        int31   0204h
        store_vector old_clock
        set_handler 0205h, 08h, clock
        ret

other_program:
        xor     ax, ax
        mov     es, ax
        mov     dword [es:SIGN * 4], 1
        sti
        mov     ecx, 40000000h
.wait:
        dec     ecx
        jnz     .wait
        mov     ax, 4C00h | EXIT_UNHARMED
        int     21h

clock:
        push    ds
        mov     ds, [cs:vectors]
        cmp     dword [SIGN * 4], 1
        je      .now
        pop     ds
        chain_to old_clock
.now:
        mov     dword [SIGN * 4], 0
        mov     al, 20h                 ; where DOS ends the program, nobody else does
        out     20h, al
        mov     ds, [cs:data_selector]
        push    ds
        pop     es
        cld
        jmp     all_kinds

section .bss
                alignb 4
old_clock:      resd 2
vectors:        resw 1
section .text
