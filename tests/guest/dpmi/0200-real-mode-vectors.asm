; INT 31h 0200h and 0201h, real-mode interrupt vectors (DPMI 0.9): what they give
; and take is the table at linear 0, for all 256 numbers.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 13
; service: 0200 0201

%include "dpmi.inc"

main:
        call    enter_protected_mode
        xor     bx, bx
        int31   0002h
        mov     [table], ax

        xor     di, di                  ; how many agree
        xor     si, si                  ; number
        mov     fs, [table]
.each:
        mov     bx, si
        int31   0200h
        jc      .next
        mov     bx, si
        shl     bx, 2
        cmp     [fs:bx], dx
        jne     .next
        cmp     [fs:bx + 2], cx
        jne     .next
        inc     di
.next:
        inc     si
        cmp     si, 256
        jb      .each
        expect_equal16 di, 256, "0200h agrees with the table for all 256"

        service 0200h
        mov     byte [in_bl], 21h
        call    call_service
        accepted "0200h", R_ECX | R_EDX
        mov     bl, 60h
        int31   0200h
        mov     [old], dx
        mov     [old + 2], cx
        service 0201h
        mov     byte [in_bl], 60h
        mov     word [in_cx], 1234h
        mov     word [in_dx], 5678h
        call    call_service
        accepted "0201h"
        expect_equal [fs:60h * 4], 12345678h, "0201h writes the table"
        mov     bl, 60h
        int31   0200h
        expect_equal16 cx, 1234h, "0200h gives the segment back"
        expect_equal16 dx, 5678h, "0200h gives the offset back"
        mov     dword [fs:60h * 4], 89ABCDEFh
        mov     bl, 60h
        int31   0200h
        expect_equal16 cx, 89ABh, "a vector written into the table is seen, segment"
        expect_equal16 dx, 0CDEFh, "a vector written into the table is seen, offset"
        mov     bl, 60h
        mov     cx, [old + 2]
        mov     dx, [old]
        int31   0201h
        expect_flag nc, "the old vector is set back"
        mov     eax, [old]
        expect_equal [fs:60h * 4], eax, "and is in the table"

        ; a hardware interrupt's, the handler of which runs meanwhile
        mov     bl, 08h
        int31   0200h
        mov     bl, 08h
        int31   0201h
        expect_flag nc, "the timer's vector can be set"
        jmp     finish

section .bss
        alignb 4
old:    resw 2
table:  resw 1
