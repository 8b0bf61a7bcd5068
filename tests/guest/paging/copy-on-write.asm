; Copy on write: a range mapped a second time is one frame for both until one of them writes; then each has its own, and
; what the other holds is not touched.
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
        mov     eax, 3000h
        call    allocate_block
        mov     [source], ebx
        mov     [handle], esi
        mov     es, [flat]
        mov     dword [es:ebx], 11111111h
        mov     dword [es:ebx + 1000h], 22222222h
        debug   DEBUG_COUNTS
        mov     [free], ebx
        mov     [copies], edi
        mov     ebx, [source]
        mov     ecx, 3
        mov     edx, 0FF00h
        debug   DEBUG_MAP_AGAIN
        expect_flag nc, "three pages are mapped again, one of them never touched"
        mov     [copy], ebx
        mov     [copy_handle], esi
        expect_equal [es:ebx], 11111111h, "the copy has the first page's contents"
        expect_equal [es:ebx + 1000h], 22222222h, "and the second's"
        debug   DEBUG_PAGE
        and     ecx, PAGE_COPIED | PAGE_WRITABLE
        expect_equal ecx, PAGE_COPIED, "it is a copy and cannot be written as it is"
        mov     [physical], edx
        mov     ebx, [source]
        debug   DEBUG_PAGE
        expect_equal edx, [physical], "both have the same frame"
        mov     ebx, [source]
        mov     dword [es:ebx], 33333333h
        mov     ebx, [copy]
        expect_equal [es:ebx], 11111111h, "the source is written: the copy keeps what it had"
        mov     dword [es:ebx + 1000h], 44444444h
        mov     ebx, [source]
        expect_equal [es:ebx + 1000h], 22222222h, "the copy is written: the source keeps what it had"
        expect_equal [es:ebx], 33333333h, "and what it wrote"
        debug   DEBUG_PAGE
        and     ecx, PAGE_COPIED | PAGE_WRITABLE
        expect_equal ecx, PAGE_WRITABLE, "the written page is private"
        debug   DEBUG_COUNTS
        sub     edi, [copies]
        expect_equal edi, 2, "two pages were copied"
        mov     ebx, [copy]
        mov     dword [es:ebx + 2000h], 5
        mov     ebx, [source]
        expect_equal [es:ebx + 2000h], 0, "the page that nobody had touched is zero for the other"
        ; the source goes first
        push    dword [handle]
        pop     di
        pop     si
        int31   0502h
        mov     ebx, [copy]
        expect_equal [es:ebx], 11111111h, "the copy outlives its source"
        mov     dword [es:ebx], 6
        expect_equal [es:ebx + 1000h], 44444444h, "with all its pages"
        push    dword [copy_handle]
        pop     di
        pop     si
        int31   0502h
        debug   DEBUG_COUNTS
        sub     ebx, [free]
        cmp     ebx, 2
        expect_flag ge, "all frames are free again"
        push    ds
        pop     es
        expect_sound
        jmp     finish

section .bss
           alignb 4
source:    resd 1
copy:      resd 1
handle:    resd 1
copy_handle: resd 1
free:      resd 1
copies:    resd 1
physical:  resd 1
flat:      resw 1
