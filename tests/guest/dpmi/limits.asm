; What a client may have at once: 8,190 descriptors, 32 callbacks, 1,000 memory blocks. Beyond its own limits the host
; refuses with the code for it, and what was freed can be had again.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 17
; timeout: 60

%include "dpmi.inc"

BLOCKS equ 1000
CALLBACKS equ 32

main:
        call    enter_protected_mode

        ; descriptors, one by one
        xor     esi, esi
.descriptor:
        mov     cx, 1
        int31   0000h
        jc      .no_more
        mov     [last], ax
        inc     esi
        cmp     esi, 9000
        jb      .descriptor
.no_more:
        expect_equal16 ax, 8011h, "then 0000h says descriptor unavailable"
        ; those that the entry made count as well
        mov     eax, esi
        add     eax, 8
        expect_at_least eax, 8190, "8,190 descriptors, with those of the entry"
        mov     bx, 40h
        int31   0002h
        expect_flag c, "0002h of a new segment is refused too"
        expect_equal16 ax, 8011h, "with the same code"
        mov     bx, [data_selector]
        int31   000Ah
        expect_flag c, "and so is an alias"
        mov     bx, [last]
        int31   0001h
        expect_flag nc, "one is freed"
        mov     cx, 1
        int31   0000h
        mov     bx, [last]
        expect_equal16 ax, bx, "and had again"
        ; all back, but those of the entry
        mov     bx, 0FFFFh
        mov     ax, 0Fh
.free:
        or      bx, 7
        call    is_own
        je      .next
        int31   0001h
.next:
        sub     bx, 8
        jnc     .free
        mov     cx, 100
        int31   0000h
        expect_flag nc, "after all were freed, a hundred in a row can be had"

        ; callbacks
        push    ds
        pop     es
        xor     si, si
.callback:
        push    si
        push    ds
        push    cs
        pop     ds
        mov     esi, procedure
        mov     edi, call_structure
        int31   0303h
        pop     ds
        pop     si
        jc      .no_callback
        mov     bx, si
        shl     bx, 2
        mov     [addresses + bx], dx
        mov     [addresses + bx + 2], cx
        inc     si
        cmp     si, 128
        jb      .callback
.no_callback:
        expect_equal16 ax, 8015h, "0303h: then the code says callback unavailable"
        movzx   eax, si
        expect_at_least eax, CALLBACKS, "32 callbacks"
        ; each is its own
        call    all_differ
        expect_equal eax, 0, "all have different addresses"
        mov     dx, [addresses]
        mov     cx, [addresses + 2]
        int31   0304h
        expect_flag nc, "one is freed"
        push    ds
        push    cs
        pop     ds
        mov     esi, procedure
        mov     edi, call_structure
        int31   0303h
        pop     ds
        expect_flag nc, "and had again"

        ; blocks
        xor     bp, bp
.block:
        xor     bx, bx
        mov     cx, 1000h
        int31   0501h
        jc      .no_block
        mov     bx, bp
        shl     bx, 2
        mov     [handles + bx], di
        mov     [handles + bx + 2], si
        inc     bp
        cmp     bp, BLOCKS
        jb      .block
.no_block:
        expect_equal16 bp, BLOCKS, "1,000 memory blocks"
        xor     bp, bp
        xor     dx, dx
.free_block:
        mov     bx, bp
        shl     bx, 2
        mov     di, [handles + bx]
        mov     si, [handles + bx + 2]
        int31   0502h
        adc     dx, 0
        inc     bp
        cmp     bp, BLOCKS
        jb      .free_block
        expect_equal16 dx, 0, "each can be freed"
        mov     si, [handles + 2]
        mov     di, [handles]
        int31   0502h
        expect_flag c, "none a second time"
        expect_equal16 ax, 8023h, "which is an invalid handle"
        jmp     finish

; is_own: ZF where BX is a selector that the program came with.
is_own:
        push    ax
        mov     ax, cs
        cmp     bx, ax
        je      .end
        mov     ax, ss
        cmp     bx, ax
        je      .end
        cmp     bx, [data_selector]
        je      .end
        cmp     bx, [entry_es]
.end:
        pop     ax
        ret

; all_differ: EAX = how many of the SI addresses are equal to another, as linear addresses or segments and offsets.
all_differ:
        xor     eax, eax
        xor     bx, bx
.outer:
        mov     edx, [addresses + bx]
        lea     di, [bx + 4]
.inner:
        mov     cx, di
        shr     cx, 2
        cmp     cx, si
        jae     .done
        cmp     edx, [addresses + di]
        jne     .differ
        inc     eax
.differ:
        add     di, 4
        jmp     .inner
.done:
        add     bx, 4
        mov     cx, bx
        shr     cx, 2
        cmp     cx, si
        jb      .outer
        ret

procedure:
        interrupt_return

section .bss
                  alignb 4
addresses:        resd 128
handles:          resd BLOCKS
last:             resw 1
