; INT 31h 000Ch, Set Descriptor (DPMI 1.0): eight bytes from ES:(E)DI; 8021h for
; another ring or a system type, 8022h for selectors that are not the client's.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 28
; service: 000C

%include "dpmi.inc"

%macro set_descriptor 1
        service 000Ch
        mov     ax, [selector]
        mov     [in_bx], ax
        set_pointer in_edi, %1
        call    call_service
%endmacro

main:
        call    enter_protected_mode
        mov     cx, 1
        int31   0000h
        mov     [selector], ax

        set_descriptor data_descriptor
        accepted "a data descriptor"
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 5432Fh, "LSL sees its limit"
        lar     eax, ebx
        and     eax, 90FE00h
        expect_equal eax, 10F200h, "LAR sees its rights and the available bit"
        int31   0006h
        push    cx
        push    dx
        pop     eax
        expect_equal eax, 0A1B2C3D4h, "0006h sees its base"
        push    ds
        pop     es
        mov     edi, read_back
        mov     bx, [selector]
        int31   000Bh
        and     byte [read_back + 5], 0FEh
        expect_equal [read_back], [data_descriptor], "000Bh reads it back, first half"
        expect_equal [read_back + 4], [data_descriptor + 4], "000Bh reads it back, second half"

        set_descriptor flat_descriptor
        accepted "a flat 32-bit descriptor"
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 0FFFFFFFFh, "LSL sees 4 GiB"

        set_descriptor ring0_descriptor
        refused "a descriptor of ring 0", 8021h
        set_descriptor gate_descriptor
        refused "a call gate", 8021h
        set_descriptor tss_descriptor
        refused "a task state segment", 8021h
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 0FFFFFFFFh, "the refusals left the descriptor alone"

        ; loaded at the time: follows on return
        mov     ax, probe
        call    linear_of
        mov     [code_descriptor + 2], ax
        shr     eax, 16
        mov     [code_descriptor + 4], al
        mov     [code_descriptor + 7], ah
        mov     bx, [selector]
        mov     gs, bx
        mov     edi, code_descriptor
        int31   000Ch
        expect_flag nc, "readable code into the descriptor that GS holds"
        expect_equal [gs:0], 0CAFEBABEh, "GS sees the new segment"
        xor     ax, ax
        mov     gs, ax

        service 000Ch
        mov     word [in_bx], 0
        set_pointer in_edi, data_descriptor
        call    call_service
        refused "the null selector", 8022h
        service 000Ch
        mov     word [in_bx], 0FFFFh
        set_pointer in_edi, data_descriptor
        call    call_service
        refused "a selector never allocated", 8022h

        ; bit 5 of the sixth byte has to be zero, and is set in programs all the same
        set_descriptor careless_descriptor
        accepted "a descriptor with FFh for limit and flags"
        push    ds
        pop     es
        mov     edi, read_back
        mov     bx, [selector]
        int31   000Bh
        movzx   ax, byte [read_back + 6]
        or      al, 20h
        expect_equal16 ax, 0FFh, "its other flags are as given"

        ; not present: accepted
        set_descriptor absent_descriptor
        accepted "a descriptor that is not present"
        jmp     finish

section .data
                  align 4
probe:            dd 0CAFEBABEh
data_descriptor:  db 2Fh, 43h, 0D4h, 0C3h, 0B2h, 0F2h, 15h, 0A1h
flat_descriptor:  db 0FFh, 0FFh, 0, 0, 0, 0F2h, 0CFh, 0
ring0_descriptor: db 0FFh, 0FFh, 0, 0, 0, 92h, 0CFh, 0
gate_descriptor:  db 0, 0, 8, 0, 0, 0ECh, 0, 0
tss_descriptor:   db 67h, 0, 0, 0, 0, 0E9h, 0, 0
code_descriptor:  db 0Fh, 0, 0, 0, 0, 0FAh, 0, 0
careless_descriptor: db 0FFh, 0FFh, 0, 80h, 7Ah, 0F2h, 0FFh, 0
absent_descriptor: db 0FFh, 0FFh, 0, 0, 0, 72h, 0, 0
section .bss
                  alignb 4
read_back:        resb 8
selector:         resw 1
