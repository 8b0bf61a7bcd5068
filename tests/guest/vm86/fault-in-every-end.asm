; A client that spoilt DOS before it entered: INT 21h AH=4Ch faults, whatever the vectors. There is nothing to go on with: the
; user is told, and the machine restarts at a key. The key waits already.
; expect: reset
; machines: qemu bochs dosbox-x
; width: 16 32
; contains: DOS cannot end this program any more.
; boot: own

%include "dpmi.inc"
%include "dpmi/keys.inc"

main:
        mov     ax, 3521h
        int     21h
        mov     [old_dos], bx
        mov     [old_dos + 2], es
        mov     ax, 2521h
        mov     dx, no_end
        int     21h
        call    enter_protected_mode
        cli
        mov     ah, SCAN_B
        call    inject
        mov     ax, 4C00h
        int     21h
        jmp     $

; in V86 mode
no_end:
        cmp     ah, 4Ch
        je      .fault
        jmp     far [cs:old_dos]
.fault:
        lidt    [cs:table]
        jmp     $

section .data
table:            dw 0, 0, 0
section .bss
old_dos:          resw 2
section .text
