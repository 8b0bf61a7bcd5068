; A real-mode child: its exit code is the length of its tail plus the first letters of the names in its two FCBs.
        cpu     8086
        bits    16
        org     100h
        mov     al, [80h]
        add     al, [5Dh]
        add     al, [6Dh]
        mov     ah, 4Ch
        int     21h
