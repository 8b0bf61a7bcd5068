; A real-mode program that raises a flag (40:F0) and waits. The tests that name it start it from a client.
        bits    16
        org     100h
        mov     ax, 40h
        mov     es, ax
        mov     byte [es:0F0h], 77h
        sti
        jmp     $
