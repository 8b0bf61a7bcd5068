; INT 31h 0B00h, watchpoints that a client has left set when it ended (DPMI 0.9: they are the client's): neither the client that
; started it nor, after the last client, real mode meets them.
; expect: pass
; (DOSBox-X has no breakpoints in its debug registers.)
; machines: qemu bochs
; width: 16 32
; file: child/watches.asm=WATCHES.COM
; plan: 10
; service: 0B00

%include "dpmi.inc"

main:
        mov     ax, watched
        call    linear_of
        xor     bx, bx
        mov     es, bx
        mov     [es:66h * 4], eax
        push    ds
        pop     es
        ; in real mode: INT 01h would come
        mov     ax, [real_segment]
        mov     [block + 4], ax
        mov     [block + 8], ax
        mov     [block + 12], ax
        mov     ax, 4B00h
        mov     dx, name
        mov     bx, block
        int     21h
        expect_flag nc, "the child is started from real mode"
        mov     ah, 4Dh
        int     21h
        expect_equal16 ax, 0, "it sets four watchpoints and ends"
        mov     eax, dr7
        and     eax, 0FFh
        expect_equal eax, 0, "none is left in real mode"

        call    enter_protected_mode
        set_handler 0203h, 01h, debug
        call    clear_call
        mov     word [call_eax], 4B00h
        mov     word [call_edx], name
        mov     word [call_ebx], block
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_es], ax
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        test    word [call_flags], FLAG_CARRY
        expect_flag z, "the child is started from a client"
        mov     ah, 4Dh
        int     21h
        expect_equal16 ax, 0, "it sets four watchpoints and ends"
        inc     word [watched]
        nop
        expect_equal16 [hits], 0, "the client that started it does not meet them"
        mov     ax, watched
        call    linear_of
        service 0B00h
        set_pair in_bx, in_cx, eax
        mov     word [in_dx], 0102h
        call    call_service
        accepted "0B00h: it has watchpoints of its own", R_EBX
        expect_equal16 [out_bx], 0, "from the first on"
        inc     word [watched]
        nop
        expect_equal16 [hits], 1, "and meets them"
        jmp     finish

debug:
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [hits]
        pop     ds
        far_return

section .data
name:             db "C:\WATCHES.COM", 0
                  align 4
block:            dw 0, empty, 0, 5Ch, 0, 6Ch, 0
empty:            db 0, 0Dh
section .bss
                  alignb 4
watched:          resw 1
hits:             resw 1
