; A seeded random walk over XMS 3.0: blocks are allocated, freed, resized, locked, unlocked, filled and
; copied, and what comes back is compared with the program's own model. Arguments: seed and
; steps, decimal. All memory but 1 MiB is held by one locked block, so that room is short.
;
; The model knows for every KiB of every block a tag; the first and the last double word of
; the KiB are made from it.
; expect: pass
; machines: qemu bochs dosbox-x
; args: 1 4000
; plan: 16
; timeout: 240

%include "xms/xms.inc"
%define DEFAULT_STEPS 4000
%include "xms/random.inc"

%define BLOCKS     24
%define KIB_MAX    96                   ; of one block
%define ROOM       1024                 ; KiB that are left to play with
%define HANDLE     0                    ; fields of a block; handle 0: none
%define KIB        2
%define LOCKS      4
%define BASE       6                    ; address while locked
%define TAGS       10
%define BLOCK_SIZE (TAGS + KIB_MAX * 2)

body:
        call    arguments
        mov     eax, [seed]
        mov     [random_state], eax
        mov     di, faults
        mov     cx, faults_end - faults
        mov     al, 0
        rep     stosb
        mov     di, blocks
        mov     cx, BLOCKS * BLOCK_SIZE
        rep     stosb
        call    free_memory
        mov     [total], eax
        mov     dword [left], ROOM
        sub     eax, ROOM
        mov     edx, eax
        mov     ah, 89h
        call    far [xms_entry]
        mov     [ballast], dx
        cmp     ax, 1
        expect_flag z, "all memory but 1 MiB in one block"
        mov     ah, 0Ch
        mov     dx, [ballast]
        call    far [xms_entry]

        mov     eax, [steps]
        mov     [to_go], eax
.step:
        call    step
        dec     dword [to_go]
        jnz     .step

        mov     word [which], blocks
.verify:
        call    verify
        call    give_up
        add     word [which], BLOCK_SIZE
        cmp     word [which], blocks + BLOCKS * BLOCK_SIZE
        jb      .verify
        mov     ah, 0Dh
        mov     dx, [ballast]
        call    far [xms_entry]
        mov     dx, [ballast]
        call    free
        comment_value "calls", [calls]
        comment_value "locks", [locks_made]
        comment_value "requests refused for want of memory", [refusals]
        expect_equal [wrong_bytes], 0, "every KiB holds what the model says"
        expect_equal [wrong_sizes], 0, "sizes, lock counts and free memory are the model's"
        expect_equal [wrong_answers], 0, "every call is accepted, or refused with the code the model gives"
        expect_equal [needless], 0, "nothing is refused that the free memory would do for"
        expect_equal [moved_while_locked], 0, "a locked block keeps its address"
        expect_equal [overlaps], 0, "no two locked blocks overlap"
        call    free_memory
        expect_equal eax, [total], "all memory came back"
        ret

; step: one random action on one random block.
step:
        inc     dword [calls]
        mov     ecx, BLOCKS
        call    random_below
        imul    ax, ax, BLOCK_SIZE
        add     ax, blocks
        mov     [which], ax
        mov     bx, ax
        cmp     word [bx + HANDLE], 0
        je      act_allocate
        mov     ecx, 16
        call    random_below
        mov     bx, ax
        movzx   bx, byte [actions + bx]
        add     bx, bx
        jmp     [routines + bx]

; random_kib: AX = a size: mostly small, sometimes large, sometimes 0.
random_kib:
        mov     ecx, 4
        call    random_below
        mov     cx, 12
        test    ax, ax
        jnz     .small
        mov     cx, KIB_MAX + 1
.small:
        movzx   ecx, cx
        jmp     random_below

act_allocate:
        call    random_kib
        mov     [size], ax
        mov     dx, ax
        mov     ah, 9
        call    far [xms_entry]
        mov     di, [which]
        cmp     ax, 1
        jne     .refused
        mov     [di + HANDLE], dx
        mov     ax, [size]
        mov     [di + KIB], ax
        mov     word [di + LOCKS], 0
        movzx   eax, ax
        sub     [left], eax
        mov     word [first], 0
        jmp     fill
.refused:
        movzx   eax, word [size]
        jmp     judge_refusal

; judge_refusal: BL = A0h is right when EAX KiB more than [left] were asked for.
judge_refusal:
        inc     dword [refusals]
        cmp     bl, 0A0h
        jne     wrong_answer
        cmp     eax, [left]
        ja      .right
        inc     dword [needless]
.right:
        ret

wrong_answer:
        inc     dword [wrong_answers]
        ret

act_free:
        mov     di, [which]
        mov     dx, [di + HANDLE]
        mov     ah, 0Ah
        call    far [xms_entry]
        cmp     word [di + LOCKS], 0
        jne     must_be_locked
        cmp     ax, 1
        jne     wrong_answer
        mov     word [di + HANDLE], 0
        movzx   eax, word [di + KIB]
        add     [left], eax
        ret

must_be_locked:
        test    ax, ax
        jnz     wrong_answer
        cmp     bl, 0ABh
        jne     wrong_answer
        ret

act_resize:
        call    random_kib
        mov     [size], ax
        mov     di, [which]
        mov     dx, [di + HANDLE]
        mov     bx, ax
        mov     ah, 0Fh
        call    far [xms_entry]
        cmp     word [di + LOCKS], 0
        jne     must_be_locked
        cmp     ax, 1
        jne     .refused
        mov     ax, [size]
        xchg    ax, [di + KIB]
        mov     [first], ax
        movzx   edx, ax
        movzx   eax, word [size]
        sub     edx, eax
        add     [left], edx
        jmp     fill
.refused:
        movzx   eax, word [size]
        movzx   edx, word [di + KIB]
        sub     eax, edx
        jbe     wrong_answer
        jmp     judge_refusal

act_lock:
        mov     di, [which]
        mov     dx, [di + HANDLE]
        mov     ah, 0Ch
        call    far [xms_entry]
        cmp     ax, 1
        jne     .refused
        inc     dword [locks_made]
        push    dx
        push    bx
        pop     eax
        inc     word [di + LOCKS]
        cmp     word [di + LOCKS], 1
        je      .first
        cmp     eax, [di + BASE]
        je      .end
        inc     dword [moved_while_locked]
        ret
.first:
        mov     [di + BASE], eax
        jmp     compare_bases
.refused:
        cmp     bl, 0ADh                ; others may stand in the way
        jne     wrong_answer
        cmp     word [di + LOCKS], 0
        jne     wrong_answer
.end:
        ret

; compare_bases: does the block at DI, just locked, overlap another locked one?
compare_bases:
        mov     si, blocks
.next:
        cmp     si, di
        je      .skip
        cmp     word [si + HANDLE], 0
        je      .skip
        cmp     word [si + LOCKS], 0
        je      .skip
        movzx   eax, word [si + KIB]
        shl     eax, 10
        add     eax, [si + BASE]
        cmp     eax, [di + BASE]
        jbe     .skip
        movzx   eax, word [di + KIB]
        shl     eax, 10
        add     eax, [di + BASE]
        cmp     eax, [si + BASE]
        jbe     .skip
        cmp     word [si + KIB], 0
        je      .skip
        cmp     word [di + KIB], 0
        je      .skip
        inc     dword [overlaps]
.skip:
        add     si, BLOCK_SIZE
        cmp     si, blocks + BLOCKS * BLOCK_SIZE
        jb      .next
        ret

act_unlock:
        mov     di, [which]
        mov     dx, [di + HANDLE]
        mov     ah, 0Dh
        call    far [xms_entry]
        cmp     word [di + LOCKS], 0
        je      .not_locked
        dec     word [di + LOCKS]
        cmp     ax, 1
        jne     wrong_answer
        ret
.not_locked:
        cmp     bl, 0AAh
        jne     wrong_answer
        ret

; fill: new tags from KiB [first] on.
act_fill:
        mov     word [first], 0
fill:
        mov     di, [which]
        mov     ax, [first]
        cmp     ax, [di + KIB]
        jae     .end
        mov     ecx, 65536
        call    random_below
        mov     bx, [first]
        add     bx, bx
        mov     [di + bx + TAGS], ax
        call    make
        movzx   ebx, word [first]
        shl     ebx, 10
        far_of  eax, buffer
        set_move 1024, 0, eax, [di + HANDLE], ebx
        call    quick_move
        inc     word [first]
        jmp     fill
.end:
        ret

; make: the buffer's first and last double word for tag AX.
make:
        push    ax
        push    ax
        pop     eax
        xor     eax, 5A17C0DEh
        mov     [buffer], eax
        not     eax
        mov     [buffer + 1020], eax
        ret

; quick_move: function 0Bh as set; a refusal is a wrong answer.
quick_move:
        push    si
        mov     si, move_length
        mov     ah, 0Bh
        call    far [xms_entry]
        pop     si
        cmp     ax, 1
        jne     wrong_answer
        ret

; act_copy: some KiB to some place of another block, or of the same one.
act_copy:
        mov     ecx, BLOCKS
        call    random_below
        imul    ax, ax, BLOCK_SIZE
        add     ax, blocks
        mov     [target], ax
        mov     di, ax
        cmp     word [di + HANDLE], 0
        je      .end
        mov     si, [which]
        movzx   ecx, word [si + KIB]
        inc     cx
        call    random_below
        mov     [first], ax
        mov     di, [target]
        movzx   ecx, word [di + KIB]
        inc     cx
        call    random_below
        mov     [second], ax
        mov     si, [which]
        movzx   ecx, word [si + KIB]
        sub     cx, [first]
        movzx   eax, word [di + KIB]
        sub     ax, [second]
        cmp     cx, ax
        jb      .room
        mov     cx, ax
.room:
        inc     cx
        call    random_below
        mov     [size], ax
        mov     si, [which]
        cmp     si, [target]
        jne     .apart
        call    .overlapping            ; peers refuse some of these: not here
        jc      .end
.apart:
        movzx   eax, word [size]
        shl     eax, 10
        movzx   ebx, word [first]
        shl     ebx, 10
        movzx   ecx, word [second]
        shl     ecx, 10
        mov     si, [which]
        mov     di, [target]
        set_move eax, [si + HANDLE], ebx, [di + HANDLE], ecx
        call    quick_move
        ; the tags
        mov     si, [which]
        mov     ax, [first]
        add     ax, ax
        add     si, ax
        add     si, TAGS
        mov     di, [target]
        mov     ax, [second]
        add     ax, ax
        add     di, ax
        add     di, TAGS
        mov     cx, [size]
        cmp     si, di
        jae     .up
        std
        add     si, cx
        add     si, cx
        add     di, cx
        add     di, cx
        sub     si, 2
        sub     di, 2
.up:
        rep     movsw
        cld
.end:
        ret
; CF=1 where the ranges overlap.
.overlapping:
        mov     ax, [first]
        sub     ax, [second]
        jae     .positive
        neg     ax
.positive:
        cmp     ax, [size]
        ret

; verify: the block [which] against the model: size, locks, every KiB, free memory.
act_verify:
verify:
        mov     di, [which]
        cmp     word [di + HANDLE], 0
        je      .end
        mov     dx, [di + HANDLE]
        call    handle_info
        cmp     ax, [di + KIB]
        jne     .size
        shr     bx, 8
        cmp     bx, [di + LOCKS]
        jne     .size
        call    free_memory
        cmp     eax, [left]
        je      .sizes
.size:
        inc     dword [wrong_sizes]
.sizes:
        mov     word [first], 0
.next:
        mov     di, [which]
        mov     ax, [first]
        cmp     ax, [di + KIB]
        jae     .end
        movzx   ebx, ax
        shl     ebx, 10
        far_of  eax, check
        set_move 1024, [di + HANDLE], ebx, 0, eax
        call    quick_move
        mov     bx, [first]
        add     bx, bx
        mov     ax, [di + bx + TAGS]
        call    make
        mov     eax, [buffer]
        cmp     eax, [check]
        jne     .wrong
        mov     eax, [buffer + 1020]
        cmp     eax, [check + 1020]
        je      .right
.wrong:
        inc     dword [wrong_bytes]
.right:
        inc     word [first]
        jmp     .next
.end:
        ret

; give_up: unlocks and frees the block [which].
give_up:
        mov     di, [which]
        cmp     word [di + HANDLE], 0
        je      .end
.unlock:
        cmp     word [di + LOCKS], 0
        je      act_free
        call    act_unlock
        jmp     .unlock
.end:
        ret

section .data
routines: dw act_free, act_resize, act_lock, act_unlock, act_fill, act_copy, act_verify
actions:  db 0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 5, 5, 6, 6

section .bss
                alignb 4
to_go:          resd 1
total:          resd 1
left:           resd 1
faults:
calls:          resd 1
locks_made:     resd 1
refusals:       resd 1
wrong_bytes:    resd 1
wrong_sizes:    resd 1
wrong_answers:  resd 1
needless:       resd 1
moved_while_locked: resd 1
overlaps:       resd 1
faults_end:
which:          resw 1
target:         resw 1
size:           resw 1
first:          resw 1
second:         resw 1
ballast:        resw 1
                alignb 4
buffer:         resb 1024
check:          resb 1024
blocks:         resb BLOCKS * BLOCK_SIZE

section .text
