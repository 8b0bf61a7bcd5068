; INT 31h 000Bh, Get Descriptor (DPMI 1.0): the eight bytes to ES:(E)DI; 8022h for
; selectors that are not the client's.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 15
; service: 000B

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     edx, 0A1B2C3D4h
        mov     ecx, 5432Fh
        call    segment_at
        mov     [selector], ax
        mov     dword [guard], 77777777h
        mov     dword [guard_after], 88888888h

        service 000Bh
        mov     ax, [selector]
        mov     [in_bx], ax
        set_pointer in_edi, descriptor
        call    call_service
        accepted "get a descriptor"
        expect_equal16 [descriptor], 432Fh, "limit, bits 0 to 15"
        expect_equal16 [descriptor + 2], 0C3D4h, "base, bits 0 to 15"
        movzx   eax, byte [descriptor + 4]
        expect_equal eax, 0B2h, "base, bits 16 to 23"
        mov     al, [descriptor + 5]
        and     eax, 0FEh
        expect_equal eax, 0F2h, "access byte"
        mov     al, [descriptor + 6]
        and     eax, 8Fh
        expect_equal eax, 05h, "limit, bits 16 to 19, in bytes"
        mov     al, [descriptor + 7]
        expect_equal eax, 0A1h, "base, bits 24 to 31"
        expect_equal [guard], 77777777h, "nothing is written before it"
        expect_equal [guard_after], 88888888h, "nothing is written after it"

        service 000Bh
        mov     word [in_bx], 0
        set_pointer in_edi, descriptor
        call    call_service
        refused "the null selector", 8022h
        service 000Bh
        mov     word [in_bx], 0FFFFh
        set_pointer in_edi, descriptor
        mov     dword [descriptor], 99999999h
        call    call_service
        refused "a selector never allocated", 8022h
        expect_equal [descriptor], 99999999h, "a refusal writes nothing"
        jmp     finish

section .bss
                alignb 4
guard:          resd 1
descriptor:     resb 8
guard_after:    resd 1
selector:       resw 1
