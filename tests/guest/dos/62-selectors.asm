; INT 21h 25h, 35h, 34h, 50h, 51h, 52h, 62h, 1Bh from protected mode ("MS-DOS" extension): vectors are those of
; protected mode; what DOS returns as a segment comes back as a selector.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 15

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     ah, 62h
        int     21h
        expect_equal16 bx, [entry_es], "62h: the PSP's selector"
        mov     ah, 51h
        int     21h
        expect_equal16 bx, [entry_es], "51h: the PSP's selector"
        mov     ah, 50h
        int     21h
        mov     ah, 62h
        int     21h
        expect_equal16 bx, [entry_es], "50h: the same again"

        mov     ax, 2562h
        push    ds
        push    cs
        pop     ds
        mov     edx, handler
        int     21h
        pop     ds
        mov     bl, 62h
        int31   0204h
        mov     ax, cs
        expect_equal16 cx, ax, "25h: 0204h has the selector"
        expect_equal16 dx, handler, "25h: 0204h has the offset"
        mov     ax, 3562h
        int     21h
        mov     ax, es
        push    ds
        pop     es
        mov     cx, cs
        expect_equal16 ax, cx, "35h: the selector"
        expect_equal16 bx, handler, "35h: the offset"
        int     62h
        expect_equal16 [hits], 1, "the handler is called"

        mov     ah, 34h
        int     21h
        mov     al, [es:bx]
        push    ds
        pop     es
        cmp     al, 0
        expect_flag e, "34h: InDOS can be read, and is clear"
        mov     ah, 52h
        int     21h
        mov     ax, es
        push    ds
        pop     es
        verr    ax
        expect_flag z, "52h: a selector"
        mov     ah, 1Bh
        int     21h
        mov     dx, ds
        mov     ah, [bx]
        mov     ds, [cs:data_selector]
        verr    dx
        expect_flag z, "1Bh: a selector"
        cmp     ah, 0F0h
        expect_flag ae, "1Bh: the media descriptor can be read"

        mov     ax, 3800h
        mov     edx, country
        int     21h
        expect_flag nc, "38h: country data"
        cmp     byte [country + 2], 0
        expect_flag ne, "38h: with a currency"
        mov     ax, 6501h
        mov     bx, -1
        mov     dx, -1
        mov     cx, 41
        mov     edi, extended
        int     21h
        jc      .none
        cmp     byte [extended], 1
        jmp     .judge
.none:
        cmp     ax, ax                  ; DOSBox has none
.judge:
        expect_flag e, "6501h: extended country data, or a refusal"
        jmp     finish

handler:
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [hits]
        pop     ds
        interrupt_return

section .bss
          alignb 4
country:  resb 34
extended: resb 41
hits:     resw 1
