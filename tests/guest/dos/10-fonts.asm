; INT 10h 1110h, 1130h, 4F0Ah, 1Bh, 4F00h, 4F01h: fonts, and what a display's BIOS tells ("MS-DOS" extension), as in real mode.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 30

%include "dpmi.inc"
%define ARENA 900h
%include "dos/twice.inc"

FONT    equ 100h

section .data
steps:
        step "1130h: vector 1Fh's font", 10h, 1130h, 0000h
        step "1130h: vector 43h's font", 10h, 1130h, 0100h
        step "1130h: 8 by 14", 10h, 1130h, 0200h
        step "1130h: 8 by 16", 10h, 1130h, 0600h
        step "1110h: a font", 10h, 1110h, 1000h, 80h, 0, 0, 0, FONT
        step "1130h: the font in use", 10h, 1130h, 0100h
        step "1100h: some characters", 10h, 1100h, 1000h, 4, 'A', 0, 0, FONT
        step "1114h: the ROM's again", 10h, 1114h, 0
        step "1Bh: the display's state", 10h, 1B00h, 0, 0, 0, 0, FONT
        step "4F00h: VESA", 10h, 4F00h, 0, 0, 0, 0, FONT
        step "4F00h: VESA 2", 10h, 4F00h, 0, 0, 0, 0, FONT, 0, 0, vbe2
        step "4F01h: a mode", 10h, 4F01h, 0, 101h, 0, 0, FONT
        step "4F01h: a mode that is none", 10h, 4F01h, 0, 77Fh, 0, 0, FONT
        step "4F0Ah: the protected-mode interface", 10h, 4F0Ah, 0
        step "4F15h: what the monitor says", 10h, 4F15h, 1, 0, 0, 0, FONT
steps_end:

contents:
        times   FONT db 0
%assign number 1
%rep 800h
        db      (number * 5 + number / 256) & 0FFh
  %assign number number + 1
%endrep
contents_end:
; VESA's pointers to what the BIOS put behind them, in the same block.
unsteady:
        dw      FONT + 6, 4
        dw      FONT + 0Eh, 4
        dw      FONT + 16h, 12
        dw      -1

section .text
between:
        ret
vbe2:
        mov     dword [es:FONT], '2EBV'
        ret
