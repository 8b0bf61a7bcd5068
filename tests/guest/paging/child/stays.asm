; A client that takes 4 MiB, locks 128 KiB in the middle of it and stays resident. What it writes at its beginning, others look for.

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     bx, 40h
        xor     cx, cx
        int31   0501h
        push    bx
        push    cx
        pop     edi
        call    flat_segment
        mov     es, ax
        mov     dword [es:edi], "STAY"
        mov     dword [es:edi + 1000h], "ED  "
        mov     dword [es:edi + 2000h], "HERE"
        push    ds
        pop     es
        add     bx, 10h
        mov     si, 2
        xor     di, di
        int31   0600h
        mov     dx, 1000h
        mov     ax, 3100h
        int     21h
