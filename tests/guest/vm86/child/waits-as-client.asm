; A client that takes memory, raises a flag (40:F0) and waits. The tests that name it start it from a client.
%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     bx, 10h
        xor     cx, cx
        int31   0501h
        mov     bx, 40h
        int31   0002h
        mov     es, ax
        mov     byte [es:0F0h], 77h
        sti
        jmp     $
