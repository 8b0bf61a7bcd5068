; A range of another client's memory that is in the swap file comes in before it is mapped in this one's. The other is a client that has
; stayed resident.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=6M /SWAP=C:\
; width: 16 32
; image: debug-calls
; file: child/stays.asm=STAYS.COM
; timeout: 200
; boot: own

%include "dpmi.inc"
%include "fill.inc"
%include "paging/debug.inc"
%include "xms/exec.inc"
%include "paging/another-client.inc"

main:
        call    another_client
        call    enter_protected_mode
        debug   DEBUG_CLIENT
        mov     [own], ebx
        call    machine_pages
        mov     [pages], eax
        call    allocate_pages
        expect_flag nc, "0501h: as much as the machine has"
        jc      finish
        ; The swap file grows for it, so that what is mapped later may have a page table.
        mov     eax, 10000h
        call    allocate_block
        expect_flag nc, "0501h: and a little more"
        mov     di, si
        shr     esi, 16
        int31   0502h
        expect_flag nc, "0502h: and back"
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page
        change  "changed in order", upwards
        debug   DEBUG_TRANSFERS
        mov     [ins], ebx
        call    find_another
        jnc     .found
        failed  "another client's pages can be mapped"
        expect_sound
        jmp     finish
.found:
        mov     [first], ebx
        debug   DEBUG_TRANSFERS
        sub     ebx, [ins]
        expect_at_least ebx, 2, "they came in from the swap file for that"
        mov     ebx, [first]
        mov     es, [flat]
        expect_equal [es:ebx], "STAY", "the first page has its name"
        expect_equal [es:ebx + 1000h], "ED  ", "and the second page, too"
        push    ds
        pop     es
        pass    "this one's own are right", upwards, check_page
        mov     ebx, [first]
        mov     es, [flat]
        expect_equal [es:ebx], "STAY", "and the other's still, after all that"
        push    ds
        pop     es
        expect_sound
        jmp     finish

section .bss
           alignb 4
first:     resd 1
ins:       resd 1
section .text
