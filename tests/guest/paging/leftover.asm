; A swap file that a crash left, damaged and longer than its header says, is written over, and gone at the end.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; plan: 17
; timeout: 60
; boot: own

%define RUNS         2
%define CHILD_EXIT   2Ah
%define PARENT_HOOKS
%include "vm86/victim.inc"
%include "overcommit.inc"

child_ends:
        call    take_too_much
        call    walk
        mov     ax, 4C2Ah
        int     21h

parent_begins:
        mov     ah, 3Ch
        xor     cx, cx
        mov     dx, swap_file_name
        int     21h
        mov     bx, ax
        mov     ah, 40h
        mov     cx, header_end - header
        mov     dx, header
        int     21h
        mov     cx, 50
.more:
        push    cx
        mov     ah, 40h
        mov     cx, 4096
        mov     dx, start
        int     21h
        pop     cx
        loop    .more
        mov     ah, 3Eh
        int     21h
        ret
parent_judges:
        call    no_file
        expect_equal16 ax, 0, "the swap file is gone"
        ret

section .data
; "FERRSWAP", version 1, in use, 16 pages, a checksum that is none.
header:           db "FERRSWAP"
                  dw 1, 1
                  dd 16, 12345678h, 0, 0, 0
header_end:
section .text
