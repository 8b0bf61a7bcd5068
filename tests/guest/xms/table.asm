; INT 2Fh 4309h with /TABLE: the public handle table, as HIMEM has it. It shows what the calls do (allocate, lock,
; resize, free), a handle is its record's offset; and what a program writes into it holds: a block given back without a
; call, a free record that is made a block and cut, as EMM386 does it, a block that grows into what lies
; behind it. Nobody else gets that memory until it comes back.
; expect: pass
; machines: qemu bochs dosbox-x
; host: resident launcher
; host-args: /TABLE /HANDLES=20
; plan: 96

%include "xms/xms.inc"

IS_FREE   equ 1
IS_USED   equ 2
IS_VACANT equ 4
RECORD    equ 10
HANDLES   equ 20

body:
        mov     ax, 4309h
        xor     bx, bx
        int     2Fh
        mov     [head], bx
        mov     [head + 2], es
        mov     [fs_table], es
        expect_equal16 ax, 4343h, "INT 2Fh 4309h is answered"
        mov     fs, [fs_table]
        push    ds
        pop     es
        expect_equal [fs:bx], HANDLES << 16 | RECORD << 8 | 1, "1, the bytes of a record, the number of records"
        mov     ax, [fs:bx + 6]
        expect_equal16 ax, [fs_table], "handles are offsets in the table's segment"
        mov     ax, [fs:bx + 4]
        mov     [first], ax
        xms_service 88h
        call    xms_call
        mov     eax, [out_edx]
        mov     [total], eax
        call    sum_free
        cmp     byte [is_client], 0
        jne     .lent
        expect_equal eax, [total], "the free records are all the free memory"
        jmp     .blocks
.lent:
        cmp     eax, [total]
        expect_flag be, "free records show no more than is free"

.blocks:
        ; What calls do.
        xms_service 09h
        mov     word [in_dx], 300
        call    xms_call
        xms_accepted "allocate 300 KiB", R_EDX
        mov     di, [out_dx]
        mov     [block], di
        mov     ax, di
        sub     ax, [first]
        xor     dx, dx
        mov     cx, RECORD
        div     cx
        expect_equal16 dx, 0, "the handle is a record's offset"
        cmp     ax, HANDLES
        expect_flag b, "in the table"
        expect_equal16 [fs:di], IS_USED, "used, not locked"
        expect_equal [fs:di + 6], 300, "its size"
        xms_service 0Ch
        mov     [in_dx], di
        call    xms_call
        xms_accepted "lock", R_EDX | R_EBX
        mov     ax, [out_dx]
        shl     eax, 16
        mov     ax, [out_bx]
        shr     eax, 10
        expect_equal [fs:di + 2], eax, "the record has its place"
        expect_equal16 [fs:di], 100h | IS_USED, "and its lock"
        xms_service 0Dh
        mov     [in_dx], di
        call    xms_call
        xms_accepted "unlock"
        expect_equal16 [fs:di], IS_USED, "not locked any more"
        mov     eax, [fs:di + 2]
        mov     [place], eax
        mov     byte [fs:di + 1], 3
        xms_service 0Eh
        mov     [in_dx], di
        call    xms_call
        xms_accepted "information", R_EDX
        expect_equal16 [out_dx], 300, "300 KiB"
        mov     ax, [out_bx]
        mov     al, 0
        expect_equal16 ax, 300h, "a lock count that somebody wrote counts"
        mov     byte [fs:di + 1], 0

        ; Contents stay when it has to move to grow.
        xms_service 09h
        mov     word [in_dx], 40
        call    xms_call
        mov     ax, [out_dx]
        mov     [behind], ax
        mov     dword [pattern], 13572468h
        far_of  eax, pattern
        set_move 4, 0, eax, [block], 299 * 1024 + 1020
        call    must_move
        xms_service 0Fh
        mov     [in_dx], di
        mov     word [in_bx], 500
        call    xms_call
        xms_accepted "resize to 500 KiB, with a block behind it"
        expect_equal [fs:di + 6], 500, "the record says so"
        far_of  eax, pattern
        mov     dword [pattern], 0
        set_move 4, [block], 299 * 1024 + 1020, 0, eax
        call    must_move
        expect_equal [pattern], 13572468h, "its bytes have moved along"
        mov     dx, [behind]
        call    free

        ; Given back without a call: then a free record of at least 500 KiB is there, which EMM386 takes 128 KiB of.
        mov     byte [fs:di], IS_FREE
        mov     eax, [fs:di + 2]
        mov     [place], eax
        call    find_vacant
        mov     [rest], si
        mov     word [fs:si], IS_FREE
        mov     eax, [fs:di + 2]
        add     eax, 128
        mov     [fs:si + 2], eax
        mov     eax, [fs:di + 6]
        sub     eax, 128
        mov     [fs:si + 6], eax
        mov     word [fs:di], 100h | IS_USED
        mov     dword [fs:di + 6], 128
        xms_service 0Eh
        mov     [in_dx], di
        call    xms_call
        xms_accepted "it is a block", R_EDX
        expect_equal16 [out_dx], 128, "of 128 KiB"
        xms_service 88h
        call    xms_call
        mov     eax, [total]
        sub     eax, 128
        expect_equal [out_edx], eax, "that much less is free"
        expect_equal16 [fs:di], 100h | IS_USED, "the record stays as it was written"
        expect_equal [fs:di + 2], [place], "where it was"
        xms_service 0Ah
        mov     [in_dx], di
        call    xms_call
        xms_refused "a locked one cannot be freed", 0ABh
        call    take_everything
        expect_equal [overlaps], 0, "nobody else gets its memory"
        far_of  eax, pattern
        set_move 4, 0, eax, [block], 128 * 1024 - 4
        call    must_move
        mov     dword [pattern], 0
        far_of  eax, pattern
        set_move 4, [block], 128 * 1024 - 4, 0, eax
        call    must_move
        expect_equal [pattern], 13572468h, "it can be copied to and from"

        ; A block that grows into free memory behind it, as pools do, and lets go of it again.
        xms_service 09h
        mov     word [in_dx], 64
        call    xms_call
        xms_accepted "allocate 64 KiB", R_EDX
        mov     si, [out_dx]
        mov     byte [fs:si], IS_FREE   ; a free record, wherever it lies
        mov     eax, [fs:si + 2]
        mov     [place], eax
        sub     dword [fs:si + 6], 32
        add     dword [fs:si + 2], 32
        xms_service 88h
        call    xms_call
        mov     eax, [total]
        sub     eax, 128 + 32
        expect_equal [out_edx], eax, "what was shown and is no more is somebody's"
        call    find_vacant
        mov     word [fs:si], IS_FREE
        mov     eax, [place]
        mov     [fs:si + 2], eax
        mov     dword [fs:si + 6], 32
        xms_service 88h
        call    xms_call
        mov     eax, [total]
        sub     eax, 128
        expect_equal [out_edx], eax, "until it is shown again"

        ; Nonsense harms nobody.
        call    find_vacant
        mov     word [fs:si], IS_USED
        mov     dword [fs:si + 2], 0FFFFFFF0h
        mov     dword [fs:si + 6], 20h
        xms_service 0Eh
        mov     [in_dx], si
        call    xms_call
        xms_refused "a record beyond memory is no block", 0A2h
        call    find_vacant
        mov     word [fs:si], IS_USED
        mov     eax, [fs:di + 2]
        add     eax, 100
        mov     [fs:si + 2], eax
        mov     dword [fs:si + 6], 100
        xms_service 0Eh
        mov     [in_dx], si
        call    xms_call
        xms_refused "nor is one that overlaps a block", 0A2h
        expect_equal16 [fs:di], 100h | IS_USED, "which stays"
        mov     ax, di
        inc     ax
        xms_service 0Eh
        mov     [in_dx], ax
        call    xms_call
        xms_refused "an offset between two records is no handle", 0A2h

        mov     word [fs:di], IS_FREE
        xms_service 88h
        call    xms_call
        expect_equal [out_edx], [total], "all memory is back"
        ret

; sum_free: EAX = KiB in free records. Changes CX, SI.
sum_free:
        xor     eax, eax
        mov     si, [first]
        mov     cx, HANDLES
.next:
        cmp     byte [fs:si], IS_FREE
        jne     .skip
        add     eax, [fs:si + 6]
.skip:
        add     si, RECORD
        loop    .next
        ret

; find_vacant: SI = a vacant record.
find_vacant:
        mov     si, [first]
        mov     cx, HANDLES
.next:
        cmp     byte [fs:si], IS_VACANT
        je      .end
        add     si, RECORD
        loop    .next
        failed  "a vacant record"
        mov     si, scratch
.end:
        ret

; take_everything: allocates the largest block again and again, until nothing is left; [overlaps] = how many overlap the
; record at DI. Frees them all.
take_everything:
        mov     dword [overlaps], 0
        xor     bp, bp
.next:
        call    free_memory
        test    eax, eax
        jz      .all
        cmp     bp, 15
        je      .all
        mov     ah, 89h
        push    bp
        call    far [xms_entry]
        pop     bp
        cmp     ax, 1
        jne     .all
        add     bp, bp
        mov     [taken + bp], dx
        shr     bp, 1
        inc     bp
        mov     si, dx
        mov     eax, [fs:si + 2]
        mov     ebx, [fs:si + 6]
        add     ebx, eax                ; its end
        mov     ecx, [fs:di + 2]
        cmp     ebx, ecx
        jbe     .next
        add     ecx, [fs:di + 6]
        cmp     eax, ecx
        jae     .next
        inc     dword [overlaps]
        jmp     .next
.all:
        cmp     bp, 0
        expect_flag ne, "there is other memory"
.free:
        dec     bp
        js      .end
        add     bp, bp
        mov     dx, [taken + bp]
        shr     bp, 1
        push    bp
        call    free
        pop     bp
        jmp     .free
.end:
        ret

section .bss
            alignb 4
head:       resd 1
total:      resd 1
place:      resd 1
pattern:    resd 1
overlaps:   resd 1
fs_table:   resw 1
first:      resw 1
block:      resw 1
behind:     resw 1
rest:       resw 1
taken:      resw 16
scratch:    resb 10
section .text
