; A range of another client's memory, mapped in this one's: to be written by both, and as a copy on write. The other is a
; client that has stayed resident.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; image: debug-calls
; file: child/stays.asm=STAYS.COM

%include "dpmi.inc"
%include "paging/debug.inc"
%include "xms/exec.inc"
%include "paging/another-client.inc"

main:
        call    another_client
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        debug   DEBUG_CLIENT
        mov     [own], ebx
        mov     es, [flat]
        call    find_another
        jnc     .found
        failed  "another client's pages can be mapped"
        expect_sound
        jmp     finish
.found:
        mov     [first], ebx
        expect_equal [es:ebx], "STAY", "its first page has its name"
        expect_equal [es:ebx + 1000h], "ED  ", "and its second page, too"
        mov     dword [es:ebx + 4], 12345678h
        call    map
        expect_flag nc, "mapped a second time"
        expect_equal [es:ebx + 4], 12345678h, "what one mapping wrote is there"
        mov     dword [es:ebx + 1004h], 9ABCDEF0h
        mov     ebx, [first]
        expect_equal [es:ebx + 1004h], 9ABCDEF0h, "and the other way round"
        debug   DEBUG_PAGE
        and     ecx, PAGE_SHARED | PAGE_WRITABLE
        expect_equal ecx, PAGE_SHARED | PAGE_WRITABLE, "the page is shared, and writable"
        ; pages that both write cannot be copies as well
        mov     ebx, 400000h
        mov     ecx, 2
        mov     edx, ebp
        shl     edx, 8
        debug   DEBUG_MAP_AGAIN
        refused_with 8025h, "no copy on write of pages that both write"
        mov     ebx, 402000h
        mov     ecx, 1
        mov     edx, ebp
        shl     edx, 8
        debug   DEBUG_MAP_AGAIN
        expect_flag nc, "but of the next page"
        mov     [copy], ebx
        expect_equal [es:ebx], "HERE", "which has what the other client wrote"
        mov     dword [es:ebx], 0
        mov     ebx, 402000h
        mov     ecx, 1
        mov     edx, ebp
        shl     edx, 8
        debug   DEBUG_MAP_AGAIN
        expect_equal [es:ebx], "HERE", "and still has it after the copy was written"
        mov     edx, 1F00h
        mov     ecx, 1
        mov     ebx, 400000h
        debug   DEBUG_MAP_AGAIN
        refused_with 8021h, "a client that is none is refused"
        push    ds
        pop     es
        expect_sound
        jmp     finish

section .bss
           alignb 4
first:     resd 1
copy:      resd 1
flat:      resw 1
