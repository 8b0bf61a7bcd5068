; A client that watches the word whose linear address is vector 66h, four times, and ends so. The tests that name it start it from a
; client or from real mode.
%include "dpmi.inc"

main:
        xor     ax, ax
        mov     es, ax
        mov     eax, [es:66h * 4]
        mov     [address], eax
        call    enter_protected_mode
        mov     si, 4
.watch:
        mov     cx, [address]
        mov     bx, [address + 2]
        mov     dx, 0102h               ; two bytes, written
        int31   0B00h
        jc      .end
        dec     si
        jnz     .watch
.end:
        mov     ax, si
        mov     ah, 4Ch
        int     21h

section .bss
        alignb 4
address: resd 1
