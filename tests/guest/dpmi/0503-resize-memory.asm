; INT 31h 0503h, Resize Memory Block (DPMI 1.0): contents are kept as far as both
; sizes reach, address and handle may change; 8021h for size 0, 8012h to 8014h where
; there is not enough, with the block as it was; 8023h for a handle that is none.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 21
; service: 0503

%include "dpmi.inc"

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        mov     bx, 2
        xor     cx, cx
        int31   0501h
        expect_flag nc, "128 KiB to begin with"
        mov     [address], cx
        mov     [address + 2], bx
        mov     [handle], di
        mov     [handle + 2], si
        mov     ecx, 20000h
        call    fill

        ; a neighbour above, so that growing may have to move
        mov     bx, 1
        xor     cx, cx
        int31   0501h
        mov     [neighbour], cx
        mov     [neighbour + 2], bx
        mov     [neighbour_handle], di
        mov     [neighbour_handle + 2], si
        mov     es, [flat]
        mov     ebx, [neighbour]
        mov     dword [es:ebx], 0CAFED00Dh
        push    ds
        pop     es

        mov     ebx, 100000h
        call    resize
        accepted "grow to 1 MiB", R_EBX | R_ECX | R_ESI | R_EDI
        call    remember
        test    dword [address], 0FFFh
        expect_flag z, "the address is page-aligned"
        mov     ecx, 20000h
        call    check
        expect_equal ecx, 0, "the contents were kept"
        mov     ecx, 100000h
        call    fill
        mov     ecx, 100000h
        call    check
        expect_equal ecx, 0, "all of it can be used"
        mov     es, [flat]
        mov     ebx, [neighbour]
        expect_equal [es:ebx], 0CAFED00Dh, "the neighbour is untouched"
        push    ds
        pop     es

        mov     ebx, 5001h
        call    resize
        accepted "shrink to 5001h bytes", R_EBX | R_ECX | R_ESI | R_EDI
        call    remember
        mov     ecx, 5001h
        call    check
        expect_equal ecx, 0, "the contents were kept again"

        mov     ebx, 0
        call    resize
        refused "resize to nothing", 8021h, R_EBX | R_ECX | R_ESI | R_EDI
        mov     ebx, 0F0000000h
        call    resize
        refused_in "resize to 3.75 GiB", 8012h, 8014h, R_EBX | R_ECX | R_ESI | R_EDI
        mov     ecx, 5001h
        call    check
        expect_equal ecx, 0, "the refusals left the block"

        service 0503h
        set_pair in_bx, in_cx, 1000h
        set_pair in_si, in_di, 12345678h
        call    call_service
        refused "a made-up handle", 8023h, R_EBX | R_ECX | R_ESI | R_EDI
        mov     si, [handle + 2]
        mov     di, [handle]
        int31   0502h
        expect_flag nc, "it can be freed"
        mov     ebx, 1000h
        call    resize
        refused "the handle of a freed block", 8023h, R_EBX | R_ECX | R_ESI | R_EDI
        mov     si, [neighbour_handle + 2]
        mov     di, [neighbour_handle]
        int31   0502h
        expect_flag nc, "the neighbour can be freed"
        jmp     finish

; resize: EBX = the new size.
resize:
        service 0503h
        set_pair in_bx, in_cx, ebx
        mov     eax, [handle]
        set_pair in_si, in_di, eax
        jmp     call_service

remember:
        mov     ax, [out_cx]
        mov     [address], ax
        mov     ax, [out_bx]
        mov     [address + 2], ax
        mov     ax, [out_di]
        mov     [handle], ax
        mov     ax, [out_si]
        mov     [handle + 2], ax
        ret

; fill / check: ECX bytes of the block. check leaves in ECX how many bytes were left
; when one differed: 0 is good.
fill:
        push    es
        mov     es, [flat]
        mov     edi, [address]
        mov     al, 9
.byte:
        mov     [es:edi], al
        add     al, 7
        inc     edi
        dec     ecx
        jnz     .byte
        pop     es
        ret
check:
        push    es
        mov     es, [flat]
        mov     edi, [address]
        mov     al, 9
.byte:
        cmp     [es:edi], al
        jne     .end
        add     al, 7
        inc     edi
        dec     ecx
        jnz     .byte
.end:
        pop     es
        ret

section .bss
                  alignb 4
address:          resd 1
handle:           resd 1
neighbour:        resd 1
neighbour_handle: resd 1
flat:             resw 1
