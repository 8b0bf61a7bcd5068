; INT 31h 0006h, Get Segment Base Address (DPMI 1.0): CX:DX; 8022h for selectors
; that are not the client's.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 15
; service: 0006

%include "dpmi.inc"

main:
        call    enter_protected_mode
        service 0006h
        mov     [in_bx], cs
        call    call_service
        accepted "base of CS", R_ECX | R_EDX
        pair_of eax, out_cx, out_dx
        movzx   edx, word [real_segment]
        shl     edx, 4
        expect_equal eax, edx, "it is the real-mode segment times 16"
        service 0006h
        mov     [in_bx], ds
        call    call_service
        accepted "base of DS", R_ECX | R_EDX
        pair_of eax, out_cx, out_dx
        expect_equal eax, edx, "it is the same"

        mov     edx, 0FEDCBA98h
        mov     ecx, 0FFFFh
        call    segment_at
        service 0006h
        mov     [in_bx], ax
        call    call_service
        accepted "base of a descriptor high up", R_ECX | R_EDX
        pair_of eax, out_cx, out_dx
        expect_equal eax, 0FEDCBA98h, "all 32 bits come back"

        service 0006h
        mov     word [in_bx], 0
        call    call_service
        refused "base of the null selector", 8022h
        service 0006h
        mov     word [in_bx], 0FFFFh
        call    call_service
        refused "base of a selector never allocated", 8022h
        mov     cx, 1
        int31   0000h
        mov     bx, ax
        int31   0001h
        service 0006h
        mov     [in_bx], bx
        call    call_service
        refused "base of a freed selector", 8022h
        jmp     finish
