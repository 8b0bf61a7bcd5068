; INT 21h 38h and 65h, what DOS knows of a country and how it makes capitals ("MS-DOS" extension), in buffers of the client's: as in
; real mode, and no further than that.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 30

%include "dpmi.inc"
%define ARENA 200h
%include "dos/twice.inc"

TEXT    equ 40h
NAME    equ 60h
BUFFER  equ 100h

section .data
steps:
        step "38h: this country", 21h, 3800h, 0, 0, BUFFER
        step "38h: another", 21h, 3831h, 0, 0, BUFFER
        step "38h: one that is none", 21h, 38FFh, 999, 0, BUFFER
        step "6501h: more of it", 21h, 6501h, -1, 41, -1, 0, BUFFER
        step "6501h: its first bytes", 21h, 6501h, -1, 9, -1, 0, BUFFER
        step "6502h: capitals", 21h, 6502h, -1, 5, -1, 0, BUFFER
        step "6504h: capitals of names", 21h, 6504h, -1, 5, -1, 0, BUFFER
        step "6505h: characters of names", 21h, 6505h, -1, 5, -1, 0, BUFFER
        step "6506h: order", 21h, 6506h, -1, 5, -1, 0, BUFFER
        step "6507h: bytes that lead a pair", 21h, 6507h, -1, 5, -1, 0, BUFFER
        step "6520h: a character", 21h, 6520h, 0, 0, 'x'
        step "6521h: a string", 21h, 6521h, 0, 7, TEXT
        step "6522h: a string to its zero", 21h, 6522h, 0, 0, NAME
        step "6523h: yes or no", 21h, 6523h, 0, 0, 'y'
        step "6501h: a buffer too small", 21h, 6501h, -1, 2, -1, 0, BUFFER
steps_end:

contents:
        times   TEXT - ($ - contents) db 0
        db      "a string ", 81h, 84h, " and more", 0
        times   NAME - ($ - contents) db 0
        db      "another ", 81h, 84h, 0, "behind", 0
        times   BUFFER - ($ - contents) db 0
        times   100h db 55h
contents_end:
unsteady:
        dw      -1

section .text
between:
        ret
