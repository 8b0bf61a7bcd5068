; /GUARD: between two memory blocks lies a page that is never there, so a write beyond a block is a page fault and not
; damage to the next one. Growing a block in place keeps the fence.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; host-args: /GUARD
; plan: 7

%include "dpmi.inc"

%define BLOCK 4000h

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        set_handler 0203h, 0Eh, page_fault
        call    block
        mov     [first], eax
        call    block
        sub     eax, [first]
        expect_equal eax, BLOCK + 1000h, "a page is left free between two blocks"

        mov     es, [flat]
        mov     ebx, [first]
        mov     word [resume_at], .inside
        mov     byte [es:ebx + BLOCK - 1], 1
.inside:
        expect_equal16 [faults], 0, "the last byte of the block is there"
        mov     word [resume_at], .beyond
        mov     byte [es:ebx + BLOCK], 1
.beyond:
        expect_equal16 [faults], 1, "the byte behind it faults"
        mov     word [resume_at], .last
        mov     byte [es:ebx + BLOCK + 0FFFh], 1
.last:
        expect_equal16 [faults], 2, "so does the page's last byte"
        mov     word [resume_at], .next
        mov     byte [es:ebx + BLOCK + 1000h], 1
.next:
        expect_equal16 [faults], 2, "and the next block's first is there"

        ; the second block grows where it is, the first has to move
        mov     si, [handle_si]
        mov     di, [handle_di]
        mov     bx, 0
        mov     cx, BLOCK + 1000h
        int31   0503h
        push    bx
        push    cx
        pop     eax
        sub     eax, [first]
        expect_equal eax, BLOCK + 1000h, "the last block grows in place"
        mov     es, [flat]
        mov     ebx, [first]
        mov     word [resume_at], .grown
        mov     byte [es:ebx + 2 * BLOCK + 2000h], 1
.grown:
        push    ds
        pop     es
        expect_equal16 [faults], 3, "and what lies behind it still faults"
        jmp     finish

; Allocates BLOCK bytes. Out: EAX=linear address; handle_si, handle_di.
block:
        xor     bx, bx
        mov     cx, BLOCK
        int31   0501h
        mov     [handle_si], si
        mov     [handle_di], di
        push    bx
        push    cx
        pop     eax
        ret

%include "resume.inc"

section .bss
           alignb 4
first:     resd 1
flat:      resw 1
handle_si: resw 1
handle_di: resw 1
