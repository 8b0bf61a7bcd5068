; Accessed and dirty bits read and cleared over a range; pages protected, kept in memory and let go; sections.
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
        mov     cx, 4
.touch: mov     byte [es:ebx], 1
        add     ebx, 1000h
        dec     cx
        jnz     .touch
        mov     al, [es:ebx]            ; a fifth is only read
        call    read_marks
        expect_equal esi, 5, "five pages are in memory"
        expect_equal ecx, 5, "five were accessed"
        mov     edx, 3
        call    marks_with
        xor     edx, edx
        call    marks_with
        expect_equal ecx, 0, "none is accessed once that is cleared"
        expect_equal edx, 0, "none is dirty"
        mov     ebx, [block]
        mov     byte [es:ebx + 2000h], 2
        mov     al, [es:ebx + 1000h]
        call    read_marks
        expect_equal ecx, 2, "two were accessed since"
        expect_equal edx, 1, "one was written"
        mov     ebx, [block]
        mov     al, [es:ebx + 3000h]
        movzx   eax, al
        expect_equal eax, 1, "a page that was cleaned keeps what it holds"

        set_handler 0203h, 0Eh, page_fault
        mov     ebx, [block]
        mov     ecx, 2
        xor     edx, edx
        debug   DEBUG_PROTECT
        expect_flag nc, "two pages become read-only"
        mov     ebx, [block]
        mov     es, [flat]
        mov     word [resume_at], .fault_1
        mov     byte [es:ebx + 1FFFh], 7
.fault_1:
        expect_equal16 [faults], 1, "a write there is a page fault"
        mov     word [resume_at], .fault_2
        mov     byte [es:ebx + 2000h], 7
.fault_2:
        expect_equal16 [faults], 1, "behind them it is none"
        mov     ecx, 2
        mov     edx, 1
        debug   DEBUG_PROTECT
        mov     ebx, [block]
        mov     word [resume_at], .fault_3
        mov     byte [es:ebx + 1FFFh], 7
.fault_3:
        expect_equal16 [faults], 1, "nor there, once they are writable again"

        mov     ebx, [block]
        add     ebx, 6000h
        mov     ecx, 2
        debug   DEBUG_KEEP
        expect_flag nc, "two pages that nobody touched are to stay in memory"
        mov     ebx, [block]
        add     ebx, 7000h
        debug   DEBUG_PAGE
        and     ecx, PAGE_PRESENT | PAGE_KEPT
        expect_equal ecx, PAGE_PRESENT | PAGE_KEPT, "they are in memory, and stay"
        mov     ebx, [block]
        add     ebx, 6000h
        mov     ecx, 2
        debug   DEBUG_LET_GO
        debug   DEBUG_PAGE
        and     ecx, PAGE_PRESENT | PAGE_KEPT
        expect_equal ecx, PAGE_PRESENT, "they may go"
        mov     ebx, [block]
        mov     ecx, 9
        debug   DEBUG_KEEP
        refused_with 8025h, "a range beyond the block is refused"

        mov     ebx, [block]
        debug   DEBUG_PAGE
        expect_equal esi, 0, "the block is heap at first"
        mov     esi, [handle]
        mov     edx, 2
        debug   DEBUG_SECTION
        mov     ebx, [block]
        debug   DEBUG_PAGE
        expect_equal esi, 2, "then code, as was said"
        mov     ebx, 0C0000000h
        debug   DEBUG_PAGE
        expect_equal esi, 5, "the core's addresses are the kernel's"
        xor     ebx, ebx
        debug   DEBUG_PAGE
        expect_equal esi, 4, "conventional memory is mapped"
        mov     ebx, 0A0000000h
        debug   DEBUG_PAGE
        expect_equal esi, 6, "where nothing is, nothing is mapped"
        push    ds
        pop     es
        expect_sound
        jmp     finish

read_marks:
        xor     edx, edx
marks_with:
        mov     ebx, [block]
        mov     ecx, 8
        debug   DEBUG_MARKS
        ret

%include "resume.inc"

section .bss
           alignb 4
block:     resd 1
handle:    resd 1
flat:      resw 1
