; An overlay in MZ format: two words, the second of them to be relocated.
        cpu     8086
        bits    16
        org     0
header: db      "MZ"
        dw      end - header, 1         ; bytes of the last page, pages
        dw      1                       ; relocations
        dw      2                       ; paragraphs of the header
        dw      0, 0FFFFh               ; least and most memory more
        dw      0, 0, 0, 0, 0           ; SS, SP, checksum, IP, CS
        dw      table, 0                ; relocations, overlay number
table:  dw      2, 0                    ; offset, segment
        align   32, db 0
        dw      1234h, 0100h
end:
