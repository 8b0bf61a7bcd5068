; INT 31h 0100h to 0102h, DOS memory blocks (DPMI 1.0): a segment and a selector
; with its base and exact limit; 0008h and the largest size where DOS has less;
; 8022h or DOS's 0009h for
; selectors that are no DOS block's.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 47
; service: 0100 0101 0102

%include "dpmi.inc"

main:
        call    enter_protected_mode

        service 0100h
        mov     word [in_bx], 0FFFFh
        call    call_service
        refused "0100h: more than DOS has", 0008h, R_EBX
        mov     ax, [out_bx]
        mov     [largest], ax
        movzx   eax, ax
        expect_at_least eax, 1000h, "0100h: the largest block is at least 64 KiB"

        service 0100h
        mov     word [in_bx], 10h
        call    call_service
        accepted "0100h: 16 paragraphs", R_EDX
        mov     ax, [out_ax]
        mov     [block_segment], ax
        mov     ax, [out_dx]
        mov     [selector], ax
        call    examine
        movzx   eax, word [block_segment]
        shl     eax, 4
        expect_equal [base], eax, "0100h: the base is that of the segment"
        expect_equal [limit], 0FFh, "0100h: the limit is the size less one"
        mov     eax, [access]
        and     eax, 0FE00h
        expect_equal eax, 0F200h, "0100h: it is present, ring 3, writable data"
        mov     es, [selector]
        mov     dword [es:0FCh], 0FEEDF00Dh
        push    ds
        pop     es
        ; DOS knows the block: its arena header says who owns it and how long it is
        mov     bx, [block_segment]
        dec     bx
        int31   0002h
        mov     es, ax
        expect_equal16 [es:3], 10h, "0100h: the block's arena header has its size"
        expect_equal16 [es:1], [real_segment], "0100h: the block is owned by the program"
        push    ds
        pop     es

        service 0102h
        mov     word [in_bx], 40h
        mov     ax, [selector]
        mov     [in_dx], ax
        call    call_service
        accepted "0102h: grow to 64 paragraphs"
        call    examine
        expect_equal [limit], 3FFh, "0102h: the limit follows"
        movzx   eax, word [block_segment]
        shl     eax, 4
        expect_equal [base], eax, "0102h: the base stays"
        mov     es, [selector]
        expect_equal [es:0FCh], 0FEEDF00Dh, "0102h: the contents stay"
        mov     byte [es:3FFh], 1
        push    ds
        pop     es
        service 0102h
        mov     word [in_bx], 8
        mov     ax, [selector]
        mov     [in_dx], ax
        mov     [in_es], ax
        call    call_service
        accepted "0102h: shrink to 8 paragraphs while it is in ES"
        call    examine
        expect_equal [limit], 7Fh, "0102h: the limit follows again"
        service 0102h
        mov     word [in_bx], 0FFFFh
        mov     ax, [selector]
        mov     [in_dx], ax
        call    call_service
        refused "0102h: more than DOS has", 0008h, R_EBX
        cmp     word [out_bx], 0FFFFh
        jae     .wrong_largest
        passed  "0102h: with 0008h the largest possible size comes back in BX"
        jmp     .unchanged
.wrong_largest:
        failed  "0102h: with 0008h the largest possible size comes back in BX"
.unchanged:
        call    examine
        expect_equal [limit], 7Fh, "0102h: a refusal leaves the block"
        ; a descriptor of the client's own, where DOS has no block
        mov     ax, real_stack + 16
        call    linear_of
        mov     edx, eax
        mov     ecx, 7Fh
        call    segment_at
        mov     [foreign], ax
        service 0102h
        mov     word [in_bx], 8
        mov     [in_dx], ax
        call    call_service
        refused_either "0102h: a selector that is no DOS block's", 8022h, 0009h, R_EBX

        service 0101h
        mov     ax, [selector]
        mov     [in_dx], ax
        call    call_service
        accepted "0101h: free"
        movzx   ebx, word [selector]
        lar     eax, ebx
        expect_flag nz, "0101h: the selector is gone"
        service 0101h
        mov     ax, [selector]
        mov     [in_dx], ax
        call    call_service
        refused_either "0101h: free again", 8022h, 0009h
        service 0101h
        mov     ax, [foreign]
        mov     [in_dx], ax
        call    call_service
        refused_either "0101h: a selector that is no DOS block's", 8022h, 0009h
        service 0101h
        mov     word [in_dx], 0
        call    call_service
        refused_either "0101h: the null selector", 8022h, 0009h

        ; nothing was lost
        mov     bx, 0FFFFh
        int31   0100h
        expect_equal16 bx, [largest], "DOS has as much memory as before"
        mov     bx, [largest]
        int31   0100h
        expect_flag nc, "the largest block can be had"
        int31   0101h
        expect_flag nc, "and be freed"
        mov     bx, 0FFFFh
        int31   0100h
        expect_equal16 bx, [largest], "DOS has as much memory as before again"

        ; loaded while it is freed
        mov     bx, 10h
        int31   0100h
        mov     [selector], dx
        service 0101h
        mov     ax, [selector]
        mov     [in_dx], ax
        mov     [in_es], ax
        mov     [in_gs], ax
        call    call_service
        accepted "0101h: free what ES and GS hold", R_ES | R_GS
        expect_equal16 [out_es], 0, "0101h: ES is zero afterwards"

        ; freed by itself: nothing names the block then, and its descriptor may be another's
        mov     bx, 10h
        int31   0100h
        mov     [selector], dx
        mov     bx, dx
        int31   0001h
        expect_flag nc, "0001h: a DOS block's selector"
        service 0101h
        mov     ax, [selector]
        mov     [in_dx], ax
        call    call_service
        refused "0101h: it is no selector any more", 8022h
        mov     bx, 40h
        int31   0002h
        mov     [foreign], ax
        expect_equal16 ax, [selector], "0002h gives the descriptor to another paragraph"
        service 0101h
        mov     ax, [selector]
        mov     [in_dx], ax
        call    call_service
        refused "0101h: which is not freed", 8022h
        movzx   eax, word [foreign]
        lar     eax, eax
        expect_flag z, "and still is there"
        jmp     finish

; examine: [selector]. Fills access (LAR), limit (LSL) and base (0006h).
examine:
        movzx   ebx, word [selector]
        lar     eax, ebx
        jz      .valid
        xor     eax, eax
.valid:
        mov     [access], eax
        mov     eax, 0DEADDEADh
        lsl     eax, ebx
        mov     [limit], eax
        int31   0006h
        push    cx
        push    dx
        pop     dword [base]
        ret

section .bss
          alignb 4
access:   resd 1
limit:    resd 1
base:     resd 1
largest:  resw 1
block_segment:  resw 1
selector: resw 1
foreign:  resw 1
