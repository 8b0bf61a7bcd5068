; INT 13h 02h, 03h, 04h, 08h, 48h: sectors, and a drive's parameters ("MS-DOS" extension), in buffers of the client's: as in real mode,
; whether the BIOS carries them out or refuses.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 30
; floppy: blank

%include "dpmi.inc"
%define ARENA 0C00h
%include "dos/twice.inc"

PACKET  equ 20h
BUFFER  equ 200h

section .data
steps:
        step "00h: reset", 13h, 0000h, 0, 0, 0
        step "02h: two sectors of the hard disk", 13h, 0202h, BUFFER, 0001h, 0080h
        step "02h: the same again", 13h, 0202h, BUFFER + 1, 0001h, 0080h, 0, 0, 0, 0, clear
        step "08h: the hard disk's parameters", 13h, 0800h, 0, 0, 0080h
        step "48h: more of its parameters", 13h, 4800h, 0, 0, 0080h, PACKET
        step "08h: the floppy's parameters", 13h, 0800h, 0, 0, 0
        step "03h: a sector to the floppy", 13h, 0301h, BUFFER, 0105h, 0, 0, 0, 0, 0, fill
        step "02h: it comes back", 13h, 0201h, BUFFER + 200h, 0105h, 0, 0, 0, 0, 0, clear
        step "04h: verify it", 13h, 0401h, BUFFER, 0105h, 0
        step "03h: three sectors", 13h, 0303h, BUFFER, 0106h, 0, 0, 0, 0, 0, fill
        step "02h: four", 13h, 0204h, BUFFER + 100h, 0105h, 0, 0, 0, 0, 0, clear
        step "02h: a sector that is none", 13h, 0201h, BUFFER, 013Fh, 0
        step "02h: a drive that is none", 13h, 0201h, BUFFER, 0001h, 0085h
        step "08h: a drive that is none", 13h, 0800h, 0, 0, 0085h
        step "01h: the last status", 13h, 0100h, 0, 0, 0
steps_end:

contents:
        times   PACKET - ($ - contents) db 0
        dw      1Ah
contents_end:
unsteady:
        dw      -1

section .text
between:
        ret
fill:
        mov     di, BUFFER
        mov     cx, 600h
        mov     al, 1
.byte:
        stosb
        add     al, 7
        loop    .byte
        ret
clear:
        mov     di, BUFFER
        mov     cx, 401h
        mov     al, 55h
        rep     stosb
        ret
