; Ends with code 7 out of a timer interrupt in the middle of a long move, which it tries again and again (code 1 when
; that never happens). At 0040:00F0 it finds the entry of the driver, two handles, and the move's length.
        cpu     386
        bits    16
        org     100h

TIMER   equ     600                     ; 1193182 / 600 = 1989 Hz

        mov     ax, 40h
        mov     es, ax
        mov     eax, [es:0F0h]
        mov     [driver], eax
        mov     ax, [es:0F4h]
        mov     [source], ax
        mov     ax, [es:0F6h]
        mov     [into], ax
        mov     eax, [es:0F8h]
        mov     [length], eax
        xor     ax, ax
        mov     es, ax
        cli
        mov     eax, [es:8 * 4]
        mov     [old_timer], eax
        mov     word [es:8 * 4], tick
        mov     [es:8 * 4 + 2], cs
        mov     al, 34h
        out     43h, al
        mov     al, TIMER & 0FFh
        out     40h, al
        mov     al, TIMER >> 8
        out     40h, al
        sti
.again:
        mov     ah, 0Bh
        mov     si, length
        call    far [driver]
        dec     word [tries]
        jnz     .again
        mov     al, 1
end_with:
        push    ax
        xor     ax, ax
        mov     es, ax
        cli
        mov     eax, [cs:old_timer]
        mov     [es:8 * 4], eax
        mov     al, 36h
        out     43h, al
        xor     al, al
        out     40h, al
        out     40h, al
        sti
        pop     ax
        mov     ah, 4Ch
        int     21h

; tick: IRQ 0. A block that cannot be locked is being worked on.
tick:
        pushad
        push    ds
        push    cs
        pop     ds
        mov     al, 20h
        out     20h, al
        mov     ah, 0Ch
        mov     dx, [source]
        call    far [driver]
        cmp     ax, 1
        mov     al, 7
        jne     end_with
        mov     ah, 0Dh
        mov     dx, [source]
        call    far [driver]
        pop     ds
        popad
        iret

tries:  dw      200
length: dd      0
source: dw      0
        dd      0
into:   dw      0
        dd      0
driver: dd      0
old_timer: dd   0
