; A real-mode program that executes what no monitor can carry out. The tests that name it start it from a client.
        bits    16
        org     100h
        lidt    [table]
        mov     ax, 4C00h
        int     21h
table:  dw      0, 0, 0
