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

main:
        mov     word [exec_path], stays
        run_ferrite ""
        expect_equal16 ax, 0300h, "another client stays resident"
        call    enter_protected_mode
        debug   DEBUG_CLIENT
        mov     [own], ebx
        call    machine_pages
        mov     [pages], eax
        shl     eax, 12
        mov     cx, ax
        shr     eax, 16
        mov     bx, ax
        int31   0501h
        expect_flag nc, "0501h: as much as the machine has"
        jc      finish
        push    bx
        push    cx
        pop     dword [address]
        call    flat_segment
        mov     [flat], ax
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page
        change  "changed in order", upwards
        debug   DEBUG_TRANSFERS
        mov     [ins], ebx
        xor     ebp, ebp
.next_client:
        cmp     ebp, [own]
        je      .not_this
        call    map
        jnc     .found
.not_this:
        inc     ebp
        cmp     ebp, 32
        jb      .next_client
        failed  "another client's pages can be mapped"
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
        jmp     finish

; Maps two shared pages of client EBP. Out: EBX, CF.
map:
        mov     ebx, 400000h
        mov     ecx, 2
        mov     edx, ebp
        shl     edx, 8
        inc     dx
        debug   DEBUG_MAP_AGAIN
        ret

stays:  db      "C:\STAYS.COM", 0

section .bss
           alignb 4
own:       resd 1
first:     resd 1
ins:       resd 1
section .text
