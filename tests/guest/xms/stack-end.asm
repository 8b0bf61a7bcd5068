; Calls on a stack that goes round the end of its segment while they run: what the driver pushes lies at both ends of 64 KiB.
; Every function answers as it does on any other stack, and memory behind the segment keeps its bytes.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 16

%include "xms/xms.inc"

%define SEGMENTS     3000h              ; paragraphs above this program's: 192 KiB, in memory that nobody has
%define TRIED        60h                ; highest SP
%define STEP         4
%define LOCKS        (TRIED - STEP) / STEP

body:
        mov     dx, 64
        call    allocate
        mov     [block], dx
        mov     dword [tag], 13572468h
        far_of  eax, tag
        set_move 4, 0, eax, [block], 0
        call    must_move
        mov     ah, 0Ch
        mov     dx, [block]
        call    far [xms_entry]
        mov     [address], bx
        mov     [address + 2], dx

        ; What lies behind the stack's segment.
        mov     ax, cs
        add     ax, SEGMENTS
        mov     [its_segment], ax
        add     ax, 1000h
        mov     es, ax
        xor     di, di
        mov     cx, 64
        mov     eax, 0A5A5A5A5h
        rep     stosd
        push    ds
        pop     es

        mov     dword [wrong_locks], 0
        mov     dword [wrong_sizes], 0
        mov     dword [wrong_moves], 0
        mov     dword [wrong_handles], 0
        mov     word [place], STEP
.next:
        ; 0Ch
        mov     ah, 0Ch
        mov     dx, [block]
        call    there
        cmp     ax, 1
        jne     .bad_lock
        cmp     dx, [address + 2]
        jne     .bad_lock
        cmp     bx, [address]
        je      .size
.bad_lock:
        inc     dword [wrong_locks]
.size:
        ; 8Eh goes the long way.
        mov     ah, 8Eh
        mov     dx, [block]
        call    there
        cmp     ax, 1
        jne     .bad_size
        cmp     edx, 64
        je      .move
.bad_size:
        inc     dword [wrong_sizes]
.move:
        mov     dword [tag], 0
        far_of  eax, tag
        set_move 4, [block], 0, 0, eax
        mov     si, move_length
        mov     ah, 0Bh
        call    there
        cmp     ax, 1
        jne     .bad_move
        cmp     dword [tag], 13572468h
        je      .allocate
.bad_move:
        inc     dword [wrong_moves]
.allocate:
        mov     ah, 9
        mov     dx, 16
        call    there
        cmp     ax, 1
        jne     .bad_handle
        cmp     dx, [block]
        je      .bad_handle
        mov     ah, 0Ah
        call    there
        cmp     ax, 1
        je      .step
.bad_handle:
        inc     dword [wrong_handles]
.step:
        add     word [place], STEP
        cmp     word [place], TRIED
        jb      .next

        expect_equal [wrong_locks], 0, "locks"
        expect_equal [wrong_sizes], 0, "sizes"
        expect_equal [wrong_moves], 0, "moves"
        expect_equal [wrong_handles], 0, "blocks come and go"
        mov     ax, [its_segment]
        add     ax, 1000h
        mov     es, ax
        xor     di, di
        mov     cx, 64
        mov     eax, 0A5A5A5A5h
        repe    scasd
        expect_flag e, "memory behind the segment keeps its bytes"
        push    ds
        pop     es
        mov     dx, [block]
        call    handle_info
        movzx   ebx, bh
        expect_equal ebx, LOCKS + 1, "each lock was counted once"
        mov     cx, LOCKS + 1
.unlock:
        mov     ah, 0Dh
        mov     dx, [block]
        call    far [xms_entry]
        cmp     ax, 1
        jne     .unlocked
        loop    .unlock
.unlocked:
        expect_equal16 cx, 0, "and each can be taken back"
        mov     dx, [block]
        call    free
        expect_equal [tag], 13572468h, "the block kept its bytes"
        ret

; there: the driver, on a stack whose SP is [place] before the call.
there:
        mov     [own_stack], sp
        mov     [own_stack + 2], ss
        mov     ss, [its_segment]
        mov     sp, [place]
        call    far [xms_entry]
        lss     sp, [own_stack]
        ret

section .bss
            alignb 4
address:       resd 1
tag:        resd 1
own_stack:  resd 1
wrong_locks: resd 1
wrong_sizes: resd 1
wrong_moves: resd 1
wrong_handles: resd 1
block:      resw 1
its_segment:    resw 1
place:      resw 1
section .text
