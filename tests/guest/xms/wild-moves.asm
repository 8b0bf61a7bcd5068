; Moves that nobody means: lengths with high bits, ends that pass 4 GiB or what a paragraph and an offset reach, odd lengths, CBh's
; upper bits. Each is refused with its code, or what it copies is right, and nothing else is touched.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 146

%include "xms/xms.inc"

%define BYTES  10000h                   ; of the block

; Ends.
%define BLOCK  0
%define HERE   1                        ; this program's buffer
%define FAR    2                        ; conventional, the offset is a far pointer

; row FUNCTION, CODE (0: accepted), LENGTH, FROM, OFFSET, TO, OFFSET [, UPPER BITS OF BOTH]
%macro row 7-8 0
        db      %1, %2, %4, %6
        dd      %3, %5, %7
        dw      %8
%endmacro
%define ROW_BYTES 18

body:
        mov     dx, BYTES / 1024
        call    allocate
        mov     [block], dx
        mov     dword [buffer], 13572468h
        mov     dword [buffer + 4], 2468ACE0h
        mov     dword [buffer + 8], 0
        far_of  eax, buffer
        set_move 8, 0, eax, [block], 0
        call    must_move
        far_of  eax, buffer
        set_move 8, 0, eax, [block], BYTES - 8
        call    must_move

        mov     bp, rows
.row:
        mov     al, [bp + 2]
        mov     ebx, [bp + 8]
        call    .end_of
        mov     [move_from], ax
        mov     [move_from_offset], ebx
        mov     al, [bp + 3]
        mov     ebx, [bp + 12]
        call    .end_of
        mov     [move_to], ax
        mov     [move_to_offset], ebx
        mov     eax, [bp + 4]
        mov     [move_length], eax
        xms_service 0Bh
        mov     al, [bp]
        mov     [in_eax + 1], al
        mov     ax, [bp + 16]
        mov     [move_from_high], ax
        mov     word [in_si], move_length
        call    xms_call
        call    xms_judge
        movzx   eax, byte [bp + 1]
        test    al, al
        jnz     .expected
        mov     eax, 10000h
.expected:
        mov     [expected], eax
        expect_equal [judged], [expected], "a move that nobody means"
        mov     word [registers_free], R_EAX | R_EBX
        call    judge_registers
        expect_equal [judged], 0, "keeps the other registers"
        add     bp, ROW_BYTES
        cmp     bp, rows_end
        jb      .row

        far_of  eax, got
        set_move 8, [block], 0, 0, eax
        call    must_move
        expect_equal [got], 13572468h, "the block's beginning is what it was"
        far_of  eax, got
        set_move 8, [block], BYTES - 8, 0, eax
        call    must_move
        expect_equal [got + 4], 2468ACE0h, "and its end"
        expect_equal [buffer + 8], 0, "nothing came behind the buffer"
        mov     dx, [block]
        jmp     free

; AL=end, EBX=offset. Out: AX=handle, EBX=what goes with it.
.end_of:
        cmp     al, HERE
        mov     ax, 0
        ja      .given
        je      .here
        mov     ax, [block]
.given:
        ret
.here:
        far_of  ebx, buffer
        ret

section .data
rows:
        row 0Bh, 0A7h, 0FFFFFFFEh, BLOCK, 0, BLOCK, 0
        row 0Bh, 0A7h, 80000000h, BLOCK, 0, BLOCK, 0
        row 0Bh, 0A7h, 80000008h, BLOCK, 8, HERE, 0
        row 0Bh, 0A7h, 10008h, BLOCK, 0, HERE, 0
        row 0Bh, 0A7h, 0FFFFFFF8h, BLOCK, 8, HERE, 0
        row 0Bh, 0A4h, 2, BLOCK, 0FFFFFFFEh, HERE, 0
        row 0Bh, 0A4h, 4, BLOCK, 0FFFFFFFEh, HERE, 0
        row 0Bh, 0A4h, 2, BLOCK, BYTES, HERE, 0
        row 0Bh, 0A7h, 2, BLOCK, BYTES - 1, HERE, 0
        row 0Bh, 0A6h, 8, HERE, 0, BLOCK, 0FFFFFFF8h
        row 0Bh, 0A6h, 8, HERE, 0, BLOCK, 80000000h
        row 0Bh, 0A7h, 8, HERE, 0, BLOCK, BYTES - 6
        ; odd
        row 0Bh, 0A7h, 1, HERE, 0, BLOCK, 0
        row 0Bh, 0A7h, 7, BLOCK, 0, HERE, 0
        row 0Bh, 0A7h, 0FFFFFFFFh, BLOCK, 0, BLOCK, 0
        row 0CBh, 0A7h, 7, BLOCK, 0, HERE, 0
        ; FFFF:FFEE and 18 bytes are the last that can be reached
        row 0Bh, 0A7h, 2, FAR, 0FFFFFFFFh, BLOCK, 16
        row 0Bh, 0, 12h, FAR, 0FFFFFFEEh, BLOCK, 16
        row 0Bh, 0A7h, 14h, FAR, 0FFFFFFEEh, BLOCK, 16
        row 0Bh, 0A7h, 2, BLOCK, 0, FAR, 0FFFFFFFFh
        row 0Bh, 0A7h, 100000h, BLOCK, 0, FAR, 0FFFFFFFFh
        row 0Bh, 0A7h, 0FFFFFFFEh, HERE, 0, BLOCK, 0
        ; both conventional
        row 0Bh, 0, 8, HERE, 0, HERE, 0
        row 0Bh, 0A7h, 0FFFFFFFEh, HERE, 0, HERE, 0
        row 0Bh, 0A7h, 200000h, HERE, 0, HERE, 0
        row 0Bh, 0A7h, 2, FAR, 0FFFFFFFFh, FAR, 0FFFFFFFFh
        ; the same place, and nothing
        row 0Bh, 0, 8, BLOCK, 0, BLOCK, 0
        row 0Bh, 0, 0, BLOCK, 0, HERE, 0
        row 0Bh, 0, 0, BLOCK, 0, BLOCK, BYTES - 2
        ; bits 32 to 39
        row 0CBh, 0, 8, BLOCK, 0, HERE, 0
        row 0CBh, 0A4h, 8, BLOCK, 0, HERE, 0, 0001h
        row 0CBh, 0A4h, 8, BLOCK, 0, HERE, 0, 00FFh
        row 0CBh, 0A6h, 8, HERE, 0, BLOCK, 0, 0100h
        row 0CBh, 0A6h, 8, HERE, 0, BLOCK, 0, 8000h
        row 0CBh, 0A4h, 8, BLOCK, 0FFFFFFF8h, BLOCK, 0, 0FFFFh
rows_end:

section .bss
            alignb 4
expected:   resd 1
got:        resd 2
buffer:     resd 3
block:      resw 1
section .text
