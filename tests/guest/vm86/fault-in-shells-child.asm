; A client starts the shell, and a real-mode program that the shell starts faults in V86 mode: that program ends, shell and client go on.
; expect: pass
; machines: qemu bochs
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
        mov     al, CHILD_EXIT
.end:
        mov     ah, 4Ch
        int     21h

section .data
name:             db "C:\COMMAND.COM", 0
                  align 4
block:            dw 0, tail, 0, fcb, 0, fcb, 0
tail:             db tail.end - tail - 1, "/C C:\LIDT.COM"
.end:             db 0Dh
fcb:              db 0, "           ", 0, 0, 0, 0
section .text
