; A client's child, a real-mode program, faults in V86 mode: the child is ended, and the client goes on.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; file: child/lidt.asm=LIDT.COM
; contains: a program of client
; plan: 16
; timeout: 90

%define CHILD_EXIT 2Ch
%include "vm86/victim.inc"

child_ends:
        push    ds
        pop     es
        call    clear_call
        mov     word [call_eax], 4B00h
        mov     word [call_edx], name
        mov     word [call_ebx], block
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_es], ax
        mov     [block + 4], ax
        mov     [block + 8], ax
        mov     [block + 12], ax
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        mov     al, 1
        test    word [call_flags], FLAG_CARRY
        jnz     .end                    ; not started
        mov     ah, 4Dh
        int     21h
        cmp     al, 0FFh                ; Ferrite's code for a death
        mov     al, 2
        jne     .end
        mov     al, CHILD_EXIT
.end:
        mov     ah, 4Ch
        int     21h

section .data
name:             db "C:\LIDT.COM", 0
                  align 4
block:            dw 0, empty, 0, 5Ch, 0, 6Ch, 0
empty:            db 0, 0Dh
section .text
