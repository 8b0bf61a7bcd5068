; INT 2Fh 15xxh, CD-ROM, where there is none ("MS-DOS" extension): refused as in real mode, with the client's buffers as they were.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 20

%include "dpmi.inc"
%define ARENA 1000h
%include "dos/twice.inc"

section .data
steps:
        step "1500h: how many drives", 2Fh, 1500h, 0, 0
        step "1501h: their drivers", 2Fh, 1501h, 100h
        step "1502h: copyright file", 2Fh, 1502h, 100h, 5
        step "1503h: abstract file", 2Fh, 1503h, 100h, 5
        step "1504h: documentation file", 2Fh, 1504h, 100h, 5
        step "1505h: table of contents", 2Fh, 1505h, 100h, 5, 0
        step "1508h: a sector", 2Fh, 1508h, 100h, 5, 1, 0, 16
        step "150Bh: is it a CD drive?", 2Fh, 150Bh, 0, 5
        step "150Ch: which version", 2Fh, 150Ch
        step "150Dh: drive letters", 2Fh, 150Dh, 100h
steps_end:

contents:
%assign number 1
%rep ARENA
        db      (number * 5 + number / 256) & 0FFh
  %assign number number + 1
%endrep
contents_end:
unsteady:
        dw      -1

section .text
between:
        ret
