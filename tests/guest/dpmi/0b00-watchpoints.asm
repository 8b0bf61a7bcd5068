; INT 31h 0B00h to 0B03h, debug watchpoints (DPMI 0.9): four of them; a write sets the
; state and raises exception 01h; 8016h when there is none left,
; 8021h for a bad size or type, 8023h for a handle that is none.
; expect: pass
; (DOSBox-X has no breakpoints in its debug registers.)
; machines: qemu bochs
; width: 16 32
; plan: 28
; service: 0B00 0B01 0B02 0B03

%include "dpmi.inc"

; watch SIZE, TYPE (0 execute, 1 write, 2 read and write): at the address in EAX.
%macro watch 2
        service 0B00h
        set_pair in_bx, in_cx, eax
        mov     word [in_dx], (%2) << 8 | (%1)
        call    call_service
%endmacro

main:
        call    enter_protected_mode
        set_handler 0203h, 01h, debug

        mov     ax, watched
        call    linear_of
        mov     [address], eax
        watch   4, 1
        accepted "0B00h: watch for writes", R_EBX
        mov     ax, [out_bx]
        mov     [handle], ax
        service 0B02h
        mov     ax, [handle]
        mov     [in_bx], ax
        call    call_service
        accepted "0B02h: the state"
        test    word [out_ax], 1
        expect_flag z, "0B02h: it has not been met"
        mov     dword [watched], 1
        nop
        expect_equal16 [hits], 1, "a write raises exception 01h"
        service 0B02h
        mov     ax, [handle]
        mov     [in_bx], ax
        call    call_service
        test    word [out_ax], 1
        expect_flag nz, "0B02h: it has been met"
        service 0B03h
        mov     ax, [handle]
        mov     [in_bx], ax
        call    call_service
        accepted "0B03h: reset"
        mov     bx, [handle]
        int31   0B02h
        test    ax, 1
        expect_flag z, "0B02h: it has not been met since"
        mov     eax, [watched]
        expect_equal16 [hits], 1, "a read does not raise it"
        service 0B01h
        mov     ax, [handle]
        mov     [in_bx], ax
        call    call_service
        accepted "0B01h: clear"
        mov     dword [watched], 2
        nop
        expect_equal16 [hits], 1, "once cleared a write raises nothing"
        service 0B01h
        mov     ax, [handle]
        mov     [in_bx], ax
        call    call_service
        refused "0B01h: clear again", 8023h
        service 0B02h
        mov     word [in_bx], 1234h
        call    call_service
        refused "0B02h: a handle that is none", 8023h
        service 0B03h
        mov     word [in_bx], 1234h
        call    call_service
        refused "0B03h: a handle that is none", 8023h

        mov     eax, [address]
        watch   3, 1
        refused "0B00h: size 3", 8021h, R_EBX
        mov     eax, [address]
        watch   4, 3
        refused "0B00h: type 3", 8021h, R_EBX

        ; four, and no fifth
        xor     si, si
        xor     di, di
.four:
        push    si
        push    di
        mov     eax, [address]
        watch   1, 1
        pop     di
        pop     si
        test    word [out_flags], FLAG_CARRY
        jnz     .no_more
        mov     ax, [out_bx]
        mov     [handles + si], ax
        add     si, 2
        inc     di
        cmp     di, 5
        jb      .four
.no_more:
        expect_equal16 di, 4, "there are four"
        mov     eax, [address]
        watch   1, 1
        refused "0B00h: a fifth", 8016h, R_EBX
        xor     bp, bp
.clear:
        sub     si, 2
        js      .cleared
        mov     bx, [handles + si]
        int31   0B01h
        jc      .clear
        inc     bp
        jmp     .clear
.cleared:
        expect_equal16 bp, 4, "all four can be cleared"
        jmp     finish

debug:
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [hits]
        pop     ds
        far_return

section .bss
         alignb 4
watched: resd 1
address: resd 1
handle:  resw 1
handles: resw 5
hits:    resw 1
