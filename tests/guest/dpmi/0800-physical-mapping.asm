; INT 31h 0800h and 0801h, Physical Address Mapping (DPMI 1.0): device memory becomes
; visible at a linear address, the same range also twice, sizes need not be whole
; pages. Below 110000h the address itself is the answer (programs rely on it). RAM is
; refused (8003h), so is size 0 (8021h); 8025h for 0801h of what was not mapped.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 28
; service: 0800 0801

%include "dpmi.inc"

%define ROM_END 0FFFFFFF0h              ; the reset vector: the BIOS, also at F000:FFF0

%macro map 2
        service 0800h
        set_pair in_bx, in_cx, %1
        set_pair in_si, in_di, %2
        call    call_service
%endmacro

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax

        map     0FFFF0000h, 10000h
        accepted "0800h: the ROM below 4 GiB", R_EBX | R_ECX
        pair_of eax, out_bx, out_cx
        mov     [address], eax
        mov     es, [flat]
        mov     ebx, 0FFFF0h
        mov     al, [es:ebx]
        mov     ebx, [address]
        add     ebx, 0FFF0h
        mov     ah, [es:ebx]
        push    ds
        pop     es
        cmp     al, ah
        expect_flag e, "the reset vector is seen there"

        map     0FFFF0000h, 10000h
        accepted "0800h: the same again", R_EBX | R_ECX
        pair_of eax, out_bx, out_cx
        mov     [second], eax
        map     0FFFFF123h, 456h
        accepted "0800h: an odd address and size", R_EBX | R_ECX
        pair_of eax, out_bx, out_cx
        mov     [odd], eax
        and     eax, 0FFFh
        expect_equal eax, 123h, "the offset within the page is kept"
        mov     es, [flat]
        mov     ebx, 0FF123h
        mov     eax, [es:ebx]
        mov     ebx, [address]
        mov     eax, [es:ebx + 0F123h]
        mov     ebx, [odd]
        mov     edx, [es:ebx]
        push    ds
        pop     es
        expect_equal eax, edx, "it shows the same bytes"

        map     0B8000h, 8000h
        accepted "0800h: the text screen", R_EBX | R_ECX
        pair_of eax, out_bx, out_cx
        expect_equal eax, 0B8000h, "its linear address is the physical one"
        map     0A0000h, 10000h
        accepted "0800h: the graphics window", R_EBX | R_ECX
        pair_of eax, out_bx, out_cx
        expect_equal eax, 0A0000h, "its linear address is the physical one, too"

        map     0FFFF0000h, 0
        refused "0800h: nothing", 8021h, R_EBX | R_ECX
        map     00200000h, 1000h
        refused "0800h: RAM", 8003h, R_EBX | R_ECX
        map     0FFFF0000h, 20000h
        refused_in "0800h: beyond 4 GiB", 8012h, 8025h, R_EBX | R_ECX

        service 0801h
        mov     eax, [second]
        set_pair in_bx, in_cx, eax
        call    call_service
        accepted "0801h: free one of the two mappings"
        mov     es, [flat]
        mov     ebx, [address]
        add     ebx, 0FFF0h
        mov     al, [es:ebx]
        mov     ebx, 0FFFF0h
        cmp     al, [es:ebx]
        push    ds
        pop     es
        expect_flag e, "the other is still there"
        service 0801h
        mov     eax, [address]
        set_pair in_bx, in_cx, eax
        call    call_service
        accepted "0801h: free the other"
        service 0801h
        set_pair in_bx, in_cx, 0BFFF0000h
        call    call_service
        refused "0801h: what was not mapped", 8025h
        jmp     finish

section .bss
         alignb 4
address: resd 1
second:  resd 1
odd:     resd 1
flat:    resw 1
