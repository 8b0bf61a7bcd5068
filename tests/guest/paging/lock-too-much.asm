; Locking more than there is, and ending virtual memory for a block larger than memory, are refused with nothing changed
; (0600h, 8013h); what can be locked is, and what the block holds stays. On a machine with 8 MiB, a block of 10.
; expect: pass
; machines: qemu
; memory: 8
; width: 32
; image: debug-calls
; host-args: /SWAP=C:\,20M
; timeout: 120
; boot: own

%include "dpmi.inc"
%include "paging/debug.inc"

%define BLOCK 0A00000h

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        mov     eax, BLOCK
        call    allocate_block
        expect_flag nc, "10 MiB on a machine with 8"
        mov     [block], ebx
        mov     [handle], esi
        mov     es, [flat]
        mov     edi, [block]
        mov     ecx, BLOCK / 1000h
.fill:  mov     [es:edi], edi
        add     edi, 1000h
        dec     ecx
        jnz     .fill
        debug   DEBUG_COUNTS
        mov     [locked], edx
        call    lock_all
        refused_with 8013h, "locking all of it is refused"
        debug   DEBUG_COUNTS
        expect_equal edx, [locked], "no page is locked more than before"
        mov     esi, [handle]
        debug   DEBUG_END_VIRTUAL
        refused_with 8013h, "ending its virtual memory is refused"
        debug   DEBUG_COUNTS
        expect_equal edx, [locked], "no page is locked more than before"
        push    dword [block]
        pop     cx
        pop     bx
        mov     si, 10h
        xor     di, di
        int31   0600h
        expect_flag nc, "1 MiB can be locked"
        debug   DEBUG_COUNTS
        sub     edx, [locked]
        expect_equal edx, 256, "that is 256 pages"
        call    lock_all
        refused_with 8013h, "all of it still cannot"
        debug   DEBUG_COUNTS
        sub     edx, [locked]
        expect_equal edx, 256, "and it is 256 pages still"
        mov     edi, [block]
        mov     ecx, BLOCK / 1000h
        xor     ebp, ebp
.check: cmp     [es:edi], edi
        je      .right
        inc     ebp
.right: add     edi, 1000h
        dec     ecx
        jnz     .check
        expect_equal ebp, 0, "every page holds what it held"
        mov     edi, [block]
        debug   DEBUG_COUNTS
        mov     eax, 100000h
        call    allocate_block
        mov     [small], esi
        debug   DEBUG_END_VIRTUAL
        expect_flag nc, "a block of 1 MiB can do without virtual memory"
        mov     esi, [small]
        debug   DEBUG_START_VIRTUAL
        expect_flag nc, "and with it again"
        push    ds
        pop     es
        expect_sound
        jmp     finish

lock_all:
        push    dword [block]
        pop     cx
        pop     bx
        mov     si, BLOCK >> 16
        mov     di, BLOCK & 0FFFFh
        int31   0600h
        ret

section .bss
        alignb 4
block:  resd 1
handle: resd 1
small:  resd 1
locked: resd 1
flat:   resw 1
