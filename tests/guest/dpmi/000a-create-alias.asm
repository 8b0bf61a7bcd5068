; INT 31h 000Ah, Create Alias Descriptor (DPMI 0.9): a new data descriptor with the
; base and limit of a code segment. It does not follow the source later. 8022h for
; selectors that are not the client's.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 18
; service: 000A

%include "dpmi.inc"

main:
        call    enter_protected_mode
        service 000Ah
        mov     [in_bx], cs
        call    call_service
        accepted "an alias for CS"
        mov     ax, [out_ax]
        mov     [alias], ax
        mov     cx, cs
        cmp     ax, cx
        expect_flag ne, "it is a new selector"
        movzx   ebx, ax
        lsl     eax, ebx
        expect_equal eax, 0FFFFh, "it has the limit of CS"
        lar     eax, ebx
        and     eax, 0FE00h
        expect_equal eax, 0F200h, "it is writable data that expands up"
        int31   0006h
        push    cx
        push    dx
        pop     eax
        movzx   edx, word [real_segment]
        shl     edx, 4
        expect_equal eax, edx, "it has the base of CS"
        mov     es, [alias]
        mov     byte [es:patched], 0B0h ; MOV AL, 5Ah over two NOPs
        mov     byte [es:patched + 1], 5Ah
        jmp     .patched
.patched:
        xor     ax, ax
        call    patched
        expect_equal16 ax, 5Ah, "code written through it is executed"
        push    ds
        pop     es

        ; the alias stays where it is when its source moves
        mov     edx, 12340h
        mov     ecx, 0FFh
        call    segment_at
        mov     [source], ax
        mov     bx, ax
        mov     cx, 00FAh
        int31   0009h
        service 000Ah
        mov     ax, [source]
        mov     [in_bx], ax
        call    call_service
        accepted "an alias for another code segment"
        mov     ax, [out_ax]
        mov     [alias], ax
        mov     bx, [source]
        mov     cx, 5
        mov     dx, 0
        int31   0007h
        mov     bx, [alias]
        int31   0006h
        push    cx
        push    dx
        pop     eax
        expect_equal eax, 12340h, "the base of the alias does not follow"
        movzx   ebx, word [alias]
        lsl     eax, ebx
        expect_equal eax, 0FFh, "its limit is what the source had"

        ; a second call makes a second alias
        service 000Ah
        mov     [in_bx], cs
        call    call_service
        mov     ax, [out_ax]
        cmp     ax, [alias]
        expect_flag ne, "each call makes a new alias"
        mov     bx, ax
        int31   0001h
        expect_flag nc, "an alias can be freed"

        service 000Ah
        mov     word [in_bx], 0
        call    call_service
        refused "the null selector", 8022h
        service 000Ah
        mov     word [in_bx], 0FFFFh
        call    call_service
        refused "a selector never allocated", 8022h
        mov     bx, ds
        int31   000Ah
        expect_flag nc, "an alias of a data segment is given too (programs ask)"
        jmp     finish

patched:
        nop
        nop
        ret

section .bss
alias:  resw 1
source: resw 1
