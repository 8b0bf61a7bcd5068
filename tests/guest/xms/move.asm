; XMS 3.0 function 0Bh: all three combinations, odd offsets, the far end of a block, conventional
; memory up to FFFF:FFFF, blocks of the same handle; and every refusal, with nothing
; copied.
; expect: pass
; machines: qemu bochs dosbox-x

%include "xms/xms.inc"

body:
        mov     dx, 8
        call    allocate
        mov     [one], dx
        mov     dx, 4
        call    allocate
        mov     [other], dx

        mov     di, pattern
        mov     cx, 1024
        mov     eax, 87654321h
.next:
        mov     [di], eax
        add     di, 4
        imul    eax, eax, 1664525
        add     eax, 1013904223
        loop    .next

        ; conventional -> block -> block -> conventional, odd offsets
        far_of  eax, pattern + 1
        set_move 2000, 0, eax, [one], 3
        call    move_block
        xms_accepted "conventional memory to a block"
        set_move 2000, [one], 3, [other], 1025
        call    move_block
        xms_accepted "block to block"
        far_of  eax, copy
        set_move 2000, [other], 1025, 0, eax
        call    move_block
        xms_accepted "block to conventional memory"
        mov     si, pattern + 1
        call    compare
        expect_flag z, "what was copied came back"
        far_of  eax, copy + 2
        far_of  ebx, pattern
        set_move 1998, 0, ebx, 0, eax
        call    move_block
        xms_accepted "conventional to conventional memory"
        mov     si, pattern
        mov     di, copy + 2
        mov     cx, 999
        repe    cmpsw
        expect_flag z, "that came too"
        far_of  eax, pattern
        set_move 2, 0, eax, [one], 8190
        call    move_block
        xms_accepted "the last two bytes of a block"
        far_of  eax, pattern
        set_move 4096, 0, eax, [other], 0
        call    move_block
        xms_accepted "a whole block"

        ; within one block, apart
        far_of  eax, pattern
        set_move 2000, 0, eax, [one], 0
        call    must_move
        set_move 2000, [one], 0, [one], 4001
        call    move_block
        xms_accepted "to another place of the same block"
        far_of  eax, copy
        set_move 2000, [one], 4001, 0, eax
        call    must_move
        mov     si, pattern
        call    compare
        expect_flag z, "the same bytes there"

        ; a segment's end: behind offset FFFFh come the next paragraphs' bytes
        set_move 2000, 0, 0E000FC18h, [one], 0
        call    must_move
        far_of  eax, copy
        set_move 2000, [one], 0, 0, eax
        call    must_move
        push    ds
        mov     ax, 0EFC1h
        mov     ds, ax
        mov     si, 8
        call    compare
        pop     ds
        expect_flag z, "across the end of a segment"

        ; the HMA: whatever is there, read twice, is the same; A20 stays as it is
        mov     ah, 7
        call    far [xms_entry]
        push    ax
        set_move 2000, 0, 0FFFF8000h, [one], 0
        call    move_block
        xms_accepted "from FFFF:8000"
        set_move 30, 0, 0FFFFFFD2h, [one], 3000
        call    move_block
        xms_accepted "up to FFFF:FFF0"
        mov     ah, 7
        call    far [xms_entry]
        pop     bx
        expect_equal16 ax, bx, "the A20 line is as it was"
        set_move 2000, 0, 0F000E000h, [one], 2000
        call    move_block
        xms_accepted "from the BIOS"
        far_of  eax, copy
        set_move 2000, [one], 2000, 0, eax
        call    must_move
        push    ds
        mov     ax, 0F000h
        mov     ds, ax
        mov     si, 0E000h
        call    compare
        pop     ds
        expect_flag z, "the BIOS's bytes"

        ; nothing to do
        set_move 0, [one], 8192, [other], 4096
        call    move_block
        xms_accepted "no bytes, at the very ends"

        call    refusals

        far_of  eax, copy
        set_move 4096, [other], 0, 0, eax
        call    must_move
        mov     si, pattern
        mov     di, copy
        mov     cx, 1024
        repe    cmpsd
        expect_flag z, "no refused move copied anything"
        mov     dx, [one]
        call    free
        mov     dx, [other]
        jmp     free

%macro refuse 7                         ; as set_move, code, text
        set_move %1, %2, %3, %4, %5
        call    move_block
        xms_refused %7, %6
%endmacro

refusals:
        refuse  3, [one], 0, [other], 0, 0A7h, "an odd length"
        refuse  2, 0FFFEh, 0, [other], 0, 0A3h, "a wrong source handle"
        refuse  2, [one], 0, 0FFFEh, 0, 0A5h, "a wrong destination handle"
        refuse  2, [one], 8192, [other], 0, 0A4h, "a source offset at the end"
        refuse  2, [one], 0, [other], 4096, 0A6h, "a destination offset at the end"
        refuse  2, [one], 80000000h, [other], 0, 0A4h, "a source offset of 2 GiB"
        refuse  2, [one], 0, [other], 0FFFFFFFFh, 0A6h, "a destination offset of 4 GiB"
        refuse  4, [one], 8190, [other], 0, 0A7h, "two bytes more than the source has"
        refuse  4, [one], 0, [other], 4094, 0A7h, "two bytes more than the destination has"
        refuse  4098, [one], 0, [other], 0, 0A7h, "more than the destination is long"
        refuse  0FFFFFFFEh, [one], 0, [other], 0, 0A7h, "nearly 4 GiB"
        refuse  0FFFFFFFEh, [one], 2, [other], 2, 0A7h, "nearly 4 GiB, from an offset where it wraps"
        refuse  10h, 0, 0FFFFFFF2h, [other], 0, 0A7h, "beyond FFFF:FFFF"
        refuse  2, 0, 0FFFFFFFFh, [other], 0, 0A7h, "one byte beyond FFFF:FFFF"
        ret

; compare: 2000 bytes at DS:SI and ES:copy. ZF=1 if they are equal.
compare:
        mov     di, copy
        mov     cx, 500
        repe    cmpsd
        ret

section .bss
         alignb 4
one:     resw 1
other:   resw 1
pattern: resb 4096
copy:    resb 4100

section .text
