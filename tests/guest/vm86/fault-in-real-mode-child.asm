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
%include "dpmi/exec.inc"

child_ends:
        mov     dx, name
        call    start_program
        mov     al, 1
        jc      .end                    ; not started
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
section .text
