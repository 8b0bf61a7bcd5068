; INT 21h 59h, and 5D0Ah that sets what it tells ("MS-DOS" extension): as in real mode; with error 22h, wrong disk, ES:(E)DI is a pointer.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16

%include "dpmi.inc"
%define ARENA 100h
%include "dos/twice.inc"

PATH    equ 40h

section .data
steps:
        step "5D0Ah: an error, whose class stays", 21h, 5D0Ah
        step "3Dh: a file that is not there", 21h, 3D00h, 0, 0, PATH
        step "59h: its error", 21h, 5900h, 0, 0, 0, 0, 0, 0, R_ECX | R_EDX | R_ESI | R_EDI | R_EBP | R_DS | R_ES
        step "3Bh: a directory that is not there", 21h, 3B00h, 0, 0, PATH
        step "59h: that one's", 21h, 5900h, 0, 0, 0, 0, 0, 0, R_ECX | R_EDX | R_ESI | R_EDI | R_EBP | R_DS | R_ES
        step "5D0Ah: wrong disk", 21h, 5D0Ah
        step "59h: wrong disk, whose name is at ES:DI", 21h, 5900h, 0, 0, 0, 0, 0, 0, R_ECX | R_EDX | R_ESI | R_EBP | R_DS
        step "19h: the drive", 21h, 1900h
steps_end:

contents:
        ; AX, BX, CX, DX, SI, DI, DS, ES and three words more
        dw      22h, 0102h, 0300h, 4, 5, 1234h, 7, 0B800h, 0, 0, 0
        times   PATH - ($ - contents) db 0
        db      "NOSUCH\FILE.TXT", 0
contents_end:
unsteady:
        dw      -1

section .text
between:
        ret
