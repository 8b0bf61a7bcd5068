; A run of pages from the middle of a block is mapped to an address of the caller's choice, across the end of a page table
; (4 MiB): to be written by both, and as a copy on write.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; image: debug-calls

%define PAGES     8                     ; of the block
%define FIRST     3                     ; page of it that the run begins with
%define RUN       4
%define AT_SHARED (2400000h - 2000h)    ; two pages before the end of a table
%define AT_COPY   (2800000h - 1000h)

%include "dpmi.inc"
%include "paging/debug.inc"

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        mov     eax, PAGES * 1000h
        call    allocate_block
        mov     [source], ebx
        mov     es, [flat]
        xor     ecx, ecx
.fill:
        mov     [es:ebx], ecx
        mov     [es:ebx + 0FFCh], ecx
        add     ebx, 1000h
        inc     ecx
        cmp     ecx, PAGES
        jb      .fill

        mov     edi, AT_SHARED + 800h
        mov     dx, 0FF03h
        call    map
        refused_with 8025h, "an address that is not a page's is refused"
        mov     edi, [source]
        mov     dx, 0FF03h
        call    map
        refused_with 8025h, "one that is taken is, too"

        mov     edi, AT_SHARED
        mov     dx, 0FF03h
        call    map
        expect_flag nc, "a run is mapped across the end of a page table"
        expect_equal ebx, AT_SHARED, "where it was to be"
        call    wrong_pages
        expect_equal eax, 0, "each page has its contents"
        mov     edi, AT_COPY
        mov     dx, 0FF02h
        call    map
        refused_with 8025h, "no copy on write of pages that both write"
        mov     ebx, AT_SHARED
        mov     dword [es:ebx + 1000h], 11111111h
        mov     dword [es:ebx + 2000h], 22222222h
        mov     ebx, [source]
        expect_equal [es:ebx + (FIRST + 1) * 1000h], 11111111h, "the last page of a table is written by both"
        expect_equal [es:ebx + (FIRST + 2) * 1000h], 22222222h, "and the first of the next"

        ; another block for copies: pages that both write are none
        mov     eax, PAGES * 1000h
        call    allocate_block
        mov     [source], ebx
        xor     ecx, ecx
.fill_again:
        mov     [es:ebx], ecx
        mov     [es:ebx + 0FFCh], ecx
        add     ebx, 1000h
        inc     ecx
        cmp     ecx, PAGES
        jb      .fill_again
        mov     edi, AT_COPY
        mov     dx, 0FF02h
        call    map
        expect_flag nc, "a copy is mapped across the end of another"
        expect_equal ebx, AT_COPY, "where it was to be"
        call    wrong_pages
        expect_equal eax, 0, "each page has its contents"
        mov     ebx, AT_COPY
        mov     dword [es:ebx + 1000h], 33333333h
        mov     ebx, [source]
        mov     dword [es:ebx + FIRST * 1000h], 44444444h
        expect_equal [es:ebx + (FIRST + 1) * 1000h], FIRST + 1, "the copy is written: the source keeps what it had"
        mov     ebx, AT_COPY
        expect_equal [es:ebx], FIRST, "the source is written: the copy keeps what it had"
        expect_equal [es:ebx + 1000h], 33333333h, "and what it wrote"
        push    ds
        pop     es
        expect_sound
        jmp     finish

; Maps the run: DX as FE03h has it, EDI where.
map:
        movzx   edx, dx
        mov     ebx, [source]
        add     ebx, FIRST * 1000h
        mov     ecx, RUN
        debug   DEBUG_MAP_AGAIN
        ret

; Out: EAX the pages of the run at EBX that have not what the source had.
wrong_pages:
        xor     eax, eax
        mov     ecx, FIRST
.next:
        cmp     [es:ebx], ecx
        jne     .wrong
        cmp     [es:ebx + 0FFCh], ecx
        je      .right
.wrong:
        inc     eax
.right:
        add     ebx, 1000h
        inc     ecx
        cmp     ecx, FIRST + RUN
        jb      .next
        ret

section .bss
           alignb 4
source:    resd 1
flat:      resw 1
