; Virtual memory ended for a block, with its data kept, and started again; refused with nothing changed while a page is
; locked.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; image: debug-calls

%include "dpmi.inc"
%include "paging/debug.inc"

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        mov     eax, 8000h
        call    allocate_block
        mov     [block], ebx
        mov     [handle], esi
        mov     es, [flat]
        mov     dword [es:ebx + 3000h], 12345678h
        push    dword [block]
        pop     cx
        pop     bx
        xor     si, si
        mov     di, 1
        int31   0600h
        mov     esi, [handle]
        debug   DEBUG_END_VIRTUAL
        refused_with 8002h, "not while a page is locked"
        mov     ebx, [block]
        debug   DEBUG_PAGE
        expect_equal edi, 1, "that page has its one lock"
        mov     ebx, [block]
        add     ebx, 5000h
        debug   DEBUG_PAGE
        and     ecx, PAGE_PRESENT
        expect_equal ecx, 0, "the others are as they were"
        push    dword [block]
        pop     cx
        pop     bx
        xor     si, si
        mov     di, 1
        int31   0601h
        mov     esi, [handle]
        debug   DEBUG_END_VIRTUAL
        expect_flag nc, "then it is ended"
        mov     ebx, [block]
        add     ebx, 5000h
        debug   DEBUG_PAGE
        and     ecx, PAGE_PRESENT
        expect_equal ecx, PAGE_PRESENT, "all pages are in memory"
        expect_equal edi, 1, "and stay"
        mov     ebx, [block]
        expect_equal [es:ebx + 3000h], 12345678h, "with what they held"
        mov     esi, [handle]
        debug   DEBUG_END_VIRTUAL
        refused_with 8002h, "it cannot be ended twice"
        mov     esi, [handle]
        debug   DEBUG_START_VIRTUAL
        expect_flag nc, "it is started again"
        mov     ebx, [block]
        add     ebx, 3000h
        debug   DEBUG_PAGE
        expect_equal edi, 0, "no page is locked"
        mov     ebx, [block]
        expect_equal [es:ebx + 3000h], 12345678h, "they hold what they held"
        mov     esi, [handle]
        debug   DEBUG_START_VIRTUAL
        refused_with 8002h, "it cannot be started twice"
        mov     esi, 12345678h
        debug   DEBUG_END_VIRTUAL
        refused_with 8023h, "a handle that is none is refused"
        push    ds
        pop     es
        expect_sound
        jmp     finish

section .bss
           alignb 4
block:     resd 1
handle:    resd 1
flat:      resw 1
