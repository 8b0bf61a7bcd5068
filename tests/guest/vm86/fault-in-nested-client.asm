; A client's child, a client too, dies of a fault: the parent client goes on with its memory, its handlers and its clock, and ends
; as it wants to.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; file: child/dies.asm=DIES.COM
; plan: 16
; timeout: 90

%define CHILD_EXIT 2Ch
%include "vm86/victim.inc"
%include "dpmi/exec.inc"

child_ends:
        mov     ax, 'GO'                ; what has to be there afterwards
        mov     [kept], ax
        mov     bl, 8
        int31   0204h
        store_vector old_clock
        set_handler 0205h, 08h, clock
        mov     dx, name
        call    start_program
        mov     al, 1
        jc      .end                    ; not started
        mov     ah, 4Dh
        int     21h
        cmp     al, 0FFh                ; Ferrite's code for a death
        mov     al, 2
        jne     .end
        cmp     word [kept], 'GO'
        mov     al, 3
        jne     .end
        mov     dword [clocks], 0
        sti
        mov     ecx, 20000000h
.wait:
        cmp     dword [clocks], 2
        jae     .ticked
        dec     ecx
        jnz     .wait
        mov     al, 4
        jmp     .end
.ticked:
        mov     al, CHILD_EXIT
.end:
        mov     ah, 4Ch
        int     21h
clock:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [clocks]
        pop     ds
        chain_to old_clock

section .data
name:             db "C:\DIES.COM", 0
section .bss
                  alignb 4
clocks:           resd 1
old_clock:        resd 2
kept:             resw 1
section .text
