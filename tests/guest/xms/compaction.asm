; Blocks that move while nobody holds them: memory is cut into pieces, every other one is given back, and a block
; of the size of all the gaps together can be had, filled, and locked in one piece; the
; blocks that made way hold what they held. A locked one in the middle stays where it is, and
; then only what fits beside it can be locked.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 32
; timeout: 60

%include "xms/xms.inc"

%define PIECES 12
%define PIECE  96                       ; KiB

body:
        call    free_memory
        mov     [total], eax
        sub     eax, PIECES * PIECE
        mov     edx, eax
        mov     ah, 89h
        call    far [xms_entry]
        mov     [ballast], dx
        mov     ah, 0Ch                 ; all but the pieces cannot move
        mov     dx, [ballast]
        call    far [xms_entry]
        cmp     ax, 1
        expect_flag z, "all memory but the pieces is locked"

        mov     si, pieces
.allocate:
        mov     dx, PIECE
        call    allocate
        mov     [si], dx
        mov     bp, si
        call    fill
        add     si, 2
        cmp     si, pieces + PIECES * 2
        jb      .allocate
        call    free_memory
        expect_equal eax, 0, "nothing is left"

        mov     si, pieces
.gaps:
        mov     dx, [si]
        call    free
        mov     word [si], 0
        add     si, 4
        cmp     si, pieces + PIECES * 2
        jb      .gaps
        call    free_memory
        expect_equal eax, PIECES / 2 * PIECE, "half of it in gaps"
        expect_equal edx, PIECES / 2 * PIECE, "which can be had as one block, since all can move"
        xms_service 09h
        mov     word [in_dx], PIECES / 2 * PIECE
        call    xms_call
        xms_accepted "a block of the size of all gaps", R_EDX
        mov     ax, [out_dx]
        mov     [large], ax
        mov     bp, large
        call    fill
        xms_service 0Ch
        mov     ax, [large]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "it is locked in one piece", R_EDX
        mov     word [large_kib], PIECES / 2 * PIECE
        mov     bp, large
        mov     cx, PIECES / 2 * PIECE
        call    check
        expect_equal edx, 0, "it holds what was put there before"
        call    others
        expect_equal edx, 0, "so do those that made way"

        ; A locked block is in the way of a second large one.
        mov     ah, 0Dh
        mov     dx, [large]
        call    far [xms_entry]
        mov     dx, [large]
        call    free
        mov     ah, 0Ch
        mov     dx, [pieces + 2]
        call    far [xms_entry]
        push    dx
        push    bx
        pop     dword [held]
        call    free_memory
        expect_equal eax, PIECES / 2 * PIECE, "a lock changes nothing in what is free"
        mov     dx, PIECES / 2 * PIECE
        call    allocate
        mov     [large], dx
        mov     bp, large
        call    fill
        mov     ah, 0Ch
        mov     dx, [large]
        call    far [xms_entry]
        mov     [locked], ax
        mov     [code], bl
        call    others
        expect_equal edx, 0, "nothing is lost, whether it could be locked or not"
        mov     bp, large
        mov     cx, PIECES / 2 * PIECE
        call    check
        expect_equal edx, 0, "nor in the large one"
        cmp     word [locked], 1
        je      .unlock
        mov     al, [code]
        mov     ah, 0
        expect_equal16 ax, 0ADh, "a lock that does not work says ADh"
        jmp     .again
.unlock:
        passed  "the lock worked"
        mov     ah, 0Dh
        mov     dx, [large]
        call    far [xms_entry]
.again:
        mov     ah, 0Ch
        mov     dx, [pieces + 2]
        call    far [xms_entry]
        push    dx
        push    bx
        pop     eax
        expect_equal eax, [held], "the locked one did not move"
        mov     ah, 0Dh
        mov     dx, [pieces + 2]
        call    far [xms_entry]
        mov     ah, 0Dh
        mov     dx, [pieces + 2]
        call    far [xms_entry]

        mov     dx, [large]
        call    free
        mov     si, pieces
.free:
        mov     dx, [si]
        test    dx, dx
        jz      .none
        call    free
.none:
        add     si, 2
        cmp     si, pieces + PIECES * 2
        jb      .free
        mov     ah, 0Dh
        mov     dx, [ballast]
        call    far [xms_entry]
        mov     dx, [ballast]
        call    free
        call    free_memory
        expect_equal eax, [total], "all memory came back"
        ret

; fill: every KiB of the block at [BP] gets the handle and its number, at both ends.
fill:
        push    si
        mov     dx, [ds:bp]
        call    handle_info
        mov     cx, ax
        xor     bx, bx
.next:
        push    cx
        push    bx
        call    tag
        mov     [buffer], eax
        not     eax
        mov     [buffer + 1020], eax
        movzx   ebx, bx
        shl     ebx, 10
        far_of  eax, buffer
        set_move 1024, 0, eax, [ds:bp], ebx
        call    must_move
        pop     bx
        pop     cx
        inc     bx
        loop    .next
        pop     si
        ret

; tag: EAX for KiB BX of the block at [BP].
tag:
        push    word [ds:bp]
        push    bx
        pop     eax
        ret

; check: EDX = how many of the first CX KiB of the block at [BP] are wrong.
check:
        xor     edx, edx
        xor     bx, bx
.next:
        push    cx
        push    bx
        push    edx
        movzx   ebx, bx
        shl     ebx, 10
        far_of  eax, buffer
        set_move 1024, [ds:bp], ebx, 0, eax
        call    must_move
        pop     edx
        pop     bx
        pop     cx
        call    tag
        cmp     eax, [buffer]
        jne     .wrong
        not     eax
        cmp     eax, [buffer + 1020]
        je      .right
.wrong:
        inc     edx
.right:
        inc     bx
        loop    .next
        ret

; others: the same for all pieces that are left, together.
others:
        mov     dword [wrong], 0
        mov     bp, pieces
.next:
        cmp     word [ds:bp], 0
        je      .none
        mov     cx, PIECE
        call    check
        add     [wrong], edx
.none:
        add     bp, 2
        cmp     bp, pieces + PIECES * 2
        jb      .next
        mov     edx, [wrong]
        ret

section .bss
           alignb 4
total:     resd 1
held:      resd 1
wrong:     resd 1
ballast:   resw 1
large:     resw 1
large_kib: resw 1
locked:    resw 1
code:      resb 1
           alignb 2
pieces:    resw PIECES
           alignb 4
buffer:    resb 1024

section .text
