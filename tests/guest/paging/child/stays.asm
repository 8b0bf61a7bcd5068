; A client that takes 4 MiB, locks 128 KiB of it and stays resident.

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     bx, 40h
        xor     cx, cx
        int31   0501h
        mov     si, 2
        xor     di, di
        int31   0600h
        mov     dx, 1000h
        mov     ax, 3100h
        int     21h
