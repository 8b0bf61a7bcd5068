; A client that has spoilt the real-mode vector of INT 21h, so that the very call that ends it faults: it is ended all the same,
; with the vectors of its entry, and is reported twice, not for ever.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; contains: DOS was just ending this program.
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        xor     bx, bx
        int31   0002h
        mov     es, ax
        mov     ax, [real_segment]
        mov     word [es:21h * 4], in_dos
        mov     [es:21h * 4 + 2], ax
        ud2
        jmp     $

; in V86 mode: no monitor can carry this out
in_dos:
        lidt    [cs:table]
        jmp     $

section .data
table:            dw 0, 0, 0
section .text
