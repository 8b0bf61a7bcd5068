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
%include "dpmi/exec.inc"

child_ends:
        mov     word [exec_block + 2], tail
        mov     dx, name
        call    start_program
        mov     al, 1
        jc      .end                    ; not started
        mov     al, CHILD_EXIT
.end:
        mov     ah, 4Ch
        int     21h

section .data
name:             db "C:\COMMAND.COM", 0
tail:             db tail.end - tail - 1, "/C C:\LIDT.COM"
.end:             db 0Dh
section .text
