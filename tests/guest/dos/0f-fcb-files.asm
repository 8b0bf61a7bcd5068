; INT 21h 0Fh to 17h, 21h to 24h, 27h, 28h: files by file control blocks ("MS-DOS" extension), records in the disk transfer area, all of it in the
; client's own memory: each call does what it does in real mode, to its memory and to the file.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 58

%include "dpmi.inc"
%define ARENA 1536
%include "dos/twice.inc"

FCB     equ 0
XFCB    equ 40h                         ; extended: FFh, 5 bytes, attributes, then the same
NAMES   equ 80h                         ; old and new name
FOUND   equ 0C0h                        ; a pattern
DTA     equ 200h
RECORD  equ 0Eh                         ; in an FCB: bytes of a record
CURRENT equ 20h                         ; record of the block
RANDOM  equ 21h

section .data
steps:
        step "1Ah: the transfer area", 21h, 1A00h, 0, 0, DTA
        step "0Fh: a file that is not there", 21h, 0F00h, 0, 0, FCB
        step "16h: make a file", 21h, 1600h, 0, 0, FCB
        step "15h: a record of 128 bytes", 21h, 1500h, 0, 0, FCB
        step "15h: one of 100 bytes", 21h, 1500h, 0, 0, FCB, 0, 0, 0, 0, records_of_100
        step "28h: five records of 100 bytes", 21h, 2800h, 0, 5, FCB, 0, 0, 0, 0, random_record_2
        step "10h: close it", 21h, 1000h, 0, 0, FCB
        step "0Fh: open it", 21h, 0F00h, 0, 0, FCB
        step "14h: the first record", 21h, 1400h, 0, 0, FCB, 0, 0, 0, 0, first_record
        step "14h: the second", 21h, 1400h, 0, 0, FCB, 0, 0, 0, 0, clear_dta
        step "21h: a record by its number", 21h, 2100h, 0, 0, FCB, 0, 0, 0, 0, records_of_100
        step "22h: write one by its number", 21h, 2200h, 0, 0, FCB, 0, 0, 0, 0, random_record_2
        step "24h: the number of the current record", 21h, 2400h, 0, 0, FCB
        step "27h: three records", 21h, 2700h, 0, 3, FCB, 0, 0, 0, 0, clear_dta
        step "27h: more than there are", 21h, 2700h, 0, 9, FCB, 0, 0, 0, 0, clear_dta
        step "14h: behind the end", 21h, 1400h, 0, 0, FCB, 0, 0, 0, 0, clear_dta
        step "28h: cut the file", 21h, 2800h, 0, 0, FCB, 0, 0, 0, 0, random_record_2
        step "10h: close it again", 21h, 1000h, 0, 0, FCB
        step "23h: records of the file", 21h, 2300h, 0, 0, FCB, 0, 0, 0, 0, fresh
        step "0Fh: by an extended block", 21h, 0F00h, 0, 0, XFCB
        step "27h: records by an extended block", 21h, 2700h, 0, 2, XFCB, 0, 0, 0, 0, clear_dta
        step "10h: close the extended block's", 21h, 1000h, 0, 0, XFCB
        step "11h: search", 21h, 1100h, 0, 0, FOUND
        step "17h: another name", 21h, 1700h, 0, 0, NAMES
        step "11h: search for it", 21h, 1100h, 0, 0, FOUND
        step "12h: no other", 21h, 1200h, 0, 0, FOUND
        step "11h: search by an extended block", 21h, 1100h, 0, 0, XFCB, 0, 0, 0, 0, extended_pattern
        step "13h: delete", 21h, 1300h, 0, 0, FOUND
        step "13h: what is not there", 21h, 1300h, 0, 0, FOUND
steps_end:

contents:
        db      0, "TWICE1  DAT"
        times   XFCB - ($ - contents) db 0
        db      0FFh, 0, 0, 0, 0, 0, 0, 0, "TWICE1  DAT"
        times   NAMES - ($ - contents) db 0
        db      0, "TWICE1  DAT", 0, 0, 0, 0, 0, "TWICE2  DAT"
        times   FOUND - ($ - contents) db 0
        db      0, "TWICE?  DAT"
        times   DTA - ($ - contents) db 0
%assign number 1
%rep 512
        db      (number * 7) & 0FFh
  %assign number number + 1
%endrep
contents_end:

; Date, time and what DOS keeps for itself in an open FCB; time, date and cluster of what was found.
unsteady:
        dw      FCB + 14h, 12
        dw      XFCB + 7 + 14h, 12
        dw      DTA + 1 + 16h, 6
        dw      DTA + 8 + 16h, 6
        dw      -1

file_1: db      "TWICE1.DAT", 0
file_2: db      "TWICE2.DAT", 0

section .text
between:
        mov     ah, 41h
        mov     edx, file_1
        int     21h
        mov     ah, 41h
        mov     edx, file_2
        int     21h
        ret

records_of_100:
        mov     word [es:FCB + RECORD], 100
        ret
random_record_2:
        mov     word [es:FCB + RECORD], 100
        mov     dword [es:FCB + RANDOM], 2
        ret
first_record:
        mov     byte [es:FCB + CURRENT], 0
clear_dta:
        mov     cx, 100h
        mov     ax, 5555h
        mov     di, DTA
        rep     stosw
        ret
fresh:
        mov     word [es:FCB + RECORD], 10
        mov     dword [es:FCB + RANDOM], 0
        ret
extended_pattern:
        mov     byte [es:XFCB + 8 + 5], '?'
        ret
