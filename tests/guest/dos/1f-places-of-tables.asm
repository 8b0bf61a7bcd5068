; INT 21h calls that answer with the place of a table of DOS's (1Bh, 1Ch, 1Fh, 32h, 34h, 52h, 5D06h, 5D0Bh, 63h; "MS-DOS" extension): the offset of
; real mode, and a selector for its segment; where they refuse, the registers of real mode, and the selectors as they were.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 28

%include "dpmi.inc"
%define ARENA 10h
%include "dos/twice.inc"

section .data
steps:
        step "1Bh: the drive's allocation", 21h, 1B00h
        step "1Ch: another drive's", 21h, 1C00h, 0, 0, 3
        step "1Ch: a drive that is none", 21h, 1C00h, 0, 0, 20
        step "1Fh: the drive's parameters", 21h, 1F00h
        step "32h: another drive's parameters", 21h, 3200h, 0, 0, 3
        step "32h: a drive that is none", 21h, 3200h, 0, 0, 20
        step "34h: InDOS", 21h, 3400h
        step "52h: the list of lists", 21h, 5200h
        step "5D06h: what to swap", 21h, 5D06h
        step "5D0Bh: the list of what to swap", 21h, 5D0Bh
        step "6300h: bytes that lead a pair", 21h, 6300h
        step "6302h: their flag", 21h, 6302h
        step "63FFh: a function that is none", 21h, 63FFh
        step "19h: the drive", 21h, 1900h
steps_end:

contents:
contents_end:
unsteady:
        dw      -1

section .text
between:
        ret
