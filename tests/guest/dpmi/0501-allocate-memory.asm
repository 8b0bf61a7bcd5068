; INT 31h 0501h and 0502h, Allocate and Free Memory Block (DPMI 1.0): a page-aligned
; linear address in BX:CX, a handle in SI:DI; every byte can be written and keeps its
; value; 8021h for size 0; 8012h to 8014h where there is not enough; 8023h for a
; handle that is none.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 32
; service: 0501 0502

%include "dpmi.inc"

%define BLOCK 34567h                    ; bytes, on purpose not whole pages

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax

        service 0501h
        set_pair in_bx, in_cx, BLOCK
        call    call_service
        accepted "allocate", R_EBX | R_ECX | R_ESI | R_EDI
        pair_of eax, out_bx, out_cx
        mov     [address], eax
        pair_of eax, out_si, out_di
        mov     [handle], eax
        test    dword [address], 0FFFh
        expect_flag z, "the address is page-aligned"
        expect_at_least [address], 110000h, "it lies above conventional memory"
        mov     es, [flat]
        mov     edi, [address]
        mov     ecx, BLOCK
        mov     al, 5
        call    fill
        mov     edi, [address]
        mov     ecx, BLOCK
        mov     al, 5
        call    check
        expect_equal ecx, 0, "every byte keeps what is written"

        ; a second one, while the first is there
        service 0501h
        set_pair in_bx, in_cx, 10000h
        call    call_service
        accepted "allocate another", R_EBX | R_ECX | R_ESI | R_EDI
        pair_of eax, out_bx, out_cx
        mov     [address_2], eax
        pair_of eax, out_si, out_di
        mov     [handle_2], eax
        mov     eax, [handle]
        cmp     eax, [handle_2]
        expect_flag ne, "it has a handle of its own"
        mov     eax, [address_2]
        cmp     eax, [address]
        jb      .below
        sub     eax, [address]
        cmp     eax, BLOCK
        expect_flag ae, "they do not overlap"
        passed  "the later block lies above (DJGPP's sbrk wants that)"
        jmp     .placed
.below:
        add     eax, 10000h
        cmp     eax, [address]
        expect_flag be, "they do not overlap"
        failed  "the later block lies above (DJGPP's sbrk wants that)"
.placed:
        mov     es, [flat]
        mov     edi, [address_2]
        mov     ecx, 10000h
        mov     al, 77
        call    fill
        mov     edi, [address]
        mov     ecx, BLOCK
        mov     al, 5
        call    check
        expect_equal ecx, 0, "writing to one leaves the other"
        push    ds
        pop     es

        service 0501h
        set_pair in_bx, in_cx, 0
        call    call_service
        refused "allocate nothing", 8021h, R_EBX | R_ECX | R_ESI | R_EDI
        service 0501h
        set_pair in_bx, in_cx, 0F0000000h
        call    call_service
        refused_in "allocate 3.75 GiB", 8012h, 8014h, R_EBX | R_ECX | R_ESI | R_EDI
        service 0501h
        set_pair in_bx, in_cx, 0FFFFFFFFh
        call    call_service
        refused_in "allocate 4 GiB less a byte", 8012h, 8014h, R_EBX | R_ECX | R_ESI | R_EDI

        service 0502h
        mov     eax, [handle]
        set_pair in_si, in_di, eax
        call    call_service
        accepted "free"
        service 0502h
        mov     eax, [handle]
        set_pair in_si, in_di, eax
        call    call_service
        refused "free again", 8023h
        service 0502h
        set_pair in_si, in_di, 0
        call    call_service
        refused "free handle 0", 8023h
        service 0502h
        set_pair in_si, in_di, 12345678h
        call    call_service
        refused "free a made-up handle", 8023h
        mov     eax, [handle_2]
        inc     eax
        service 0502h
        set_pair in_si, in_di, eax
        call    call_service
        refused "free a handle next to a good one", 8023h
        mov     es, [flat]
        mov     edi, [address_2]
        mov     ecx, 10000h
        mov     al, 77
        call    check
        push    ds
        pop     es
        expect_equal ecx, 0, "the other block is untouched by all that"

        ; the same block again: lowest address first
        service 0501h
        set_pair in_bx, in_cx, BLOCK
        call    call_service
        accepted "allocate the first size again", R_EBX | R_ECX | R_ESI | R_EDI
        pair_of eax, out_bx, out_cx
        expect_equal eax, [address], "it lies where it lay before"
        mov     si, [out_si]
        mov     di, [out_di]
        int31   0502h
        mov     si, [handle_2 + 2]
        mov     di, [handle_2]
        int31   0502h
        expect_flag nc, "the second can be freed"
        jmp     finish

; fill / check: ES:EDI, ECX bytes, a pattern that starts with AL. check leaves in ECX
; how many bytes were left when one differed: 0 is good.
fill:
        mov     [es:edi], al
        add     al, 3
        inc     edi
        dec     ecx
        jnz     fill
        ret
check:
        cmp     [es:edi], al
        jne     .end
        add     al, 3
        inc     edi
        dec     ecx
        jnz     check
.end:
        ret

section .bss
           alignb 4
address:   resd 1
address_2: resd 1
handle:    resd 1
handle_2:  resd 1
flat:      resw 1
