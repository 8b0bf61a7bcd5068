; Further INT 21h calls with pointers, on this DOS's own files and drives ("MS-DOS" extension): 0Ah and 0C0Ah with input from a file, 39h, 43h, 47h, 4Eh, 4Fh,
; 4402h, 4404h, 440Ch, 440Dh, 5E00h, 5F02h, 60h, 69h, 7160h, 71A0h, 7302h, 7303h: as in real mode, whether DOS has them or not.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 52

%include "dpmi.inc"
%define ARENA 400h
%include "dos/twice.inc"

LINE    equ 20h
PATH    equ 60h
NAME    equ 0A0h
BUFFER  equ 100h
OTHER   equ 200h

section .data
steps:
        step "1Ah: the transfer area", 21h, 1A00h, 0, 0, BUFFER
        step "4Eh: a file whose name is as long as can be", 21h, 4E00h, 0, 0, NAME
        step "4Fh: there is no other", 21h, 4F00h
        step "43h: its attributes", 21h, 4300h, 0, 0, NAME + 20h
        step "43h: of a file that is not there", 21h, 4300h, 0, 0, PATH
        step "0Ah: a line from a file", 21h, 0A00h, 0, 0, LINE
        step "0Ah: a line too long", 21h, 0A00h, 0, 0, LINE, 0, 0, 0, 0, short_line
        step "0C0Ah: the buffer flushed", 21h, 0C0Ah, 0, 0, LINE, 0, 0, 0, 0, long_line
        step "47h: the directory", 21h, 4700h, 0, 0, 0, BUFFER
        step "47h: a drive that is none", 21h, 4700h, 0, 0, 20, BUFFER
        step "4402h: from a device that has none", 21h, 4402h, 1, 8, BUFFER
        step "4404h: from a drive that has none", 21h, 4404h, 3, 8, BUFFER
        step "440Ch: a display's mode", 21h, 440Ch, 1, 037Fh, BUFFER
        step "440Dh 60h: a drive's parameters", 21h, 440Dh, 3, 0860h, BUFFER
        step "440Dh 66h: a serial number", 21h, 440Dh, 3, 0866h, BUFFER
        step "440Dh 68h: the medium's type", 21h, 440Dh, 3, 0868h, BUFFER
        step "5E00h: the machine's name", 21h, 5E00h, 0, 0, BUFFER, 0, 0, 0, R_ECX
        step "5F02h: redirections", 21h, 5F02h, 0, 0, 0, BUFFER, OTHER
        step "60h: a full name", 21h, 6000h, 0, 0, 0, PATH, BUFFER
        step "60h: of nothing", 21h, 6000h, 0, 0, 0, PATH + 20h, BUFFER
        step "6900h: a serial number", 21h, 6900h, 3, 0, BUFFER
        step "39h: a directory that is there", 21h, 3900h, 0, 0, PATH + 28h
        step "7160h: a full name, long", 21h, 7160h, 0, 0, 0, PATH, BUFFER
        step "71A0h: the file system", 21h, 71A0h, 0, 20h, PATH + 28h, 0, BUFFER
        step "7303h: free space", 21h, 7303h, 0, 2Ch, PATH + 28h, 0, BUFFER
        step "7302h: drive parameters", 21h, 7302h, 0, 3Fh, 3, 0, BUFFER
steps_end:

contents:
        times   LINE - ($ - contents) db 0
        db      12, 3, "abc", 13
        times   PATH - ($ - contents) db 33h
        db      "x\..\whoever.txt", 0
        times   PATH + 20h - ($ - contents) db 44h
        db      0
        times   PATH + 28h - ($ - contents) db 44h
        db      "C:\", 0
        times   NAME - ($ - contents) db 44h
        db      "C:\LONGN???.EXT", 0
        times   NAME + 20h - ($ - contents) db 44h
        db      "C:\LONGNAME.EXT", 0
        times   BUFFER - ($ - contents) db 0
        times   300h db 55h
contents_end:
; What DOS keeps for itself in the transfer area.
unsteady:
        dw      BUFFER, 15h
        dw      -1

found:  db      "C:\LONGNAME.EXT", 0
input:  db      "INPUT.TXT", 0
lines:  db      "hello", 13, 10, "a line longer than its room", 13, 10, "third", 13, 10, "the rest"
lines_end:
text_file: dw   0

section .text
; Standard input is a file.
between:
        cmp     word [text_file], 0
        jne     .again
        mov     ah, 3Ch
        xor     cx, cx
        mov     edx, input
        int     21h
        mov     [text_file], ax
        mov     bx, ax
        mov     ah, 40h
        mov     ecx, lines_end - lines
        mov     edx, lines
        int     21h
        mov     ah, 3Ch
        xor     cx, cx
        mov     edx, found
        int     21h
        mov     bx, ax
        mov     ah, 3Eh
        int     21h
        mov     ah, 46h
        mov     bx, [text_file]
        xor     cx, cx
        int     21h
.again:
        mov     ax, 4200h
        mov     bx, [text_file]
        xor     cx, cx
        xor     dx, dx
        int     21h
        ret

short_line:
        mov     byte [es:LINE], 5
        ret
long_line:
        mov     byte [es:LINE], 30
        ret
