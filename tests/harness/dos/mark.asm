; MARK.COM text - tells the harness how far the machine has come: "@@ text" on a line of its own.

        org 100h

        mov si, 81h
        mov di, text
        cld
.skip:  lodsb
        cmp al, ' '
        je .skip
.copy:  cmp al, 13
        je .end
        stosb
        lodsb
        jmp .copy
.end:   mov ax, 000Ah                           ; LF, NUL
        stosw
        mov si, line
        call report
        mov ax, 4C00h
        int 21h

%include "channel.inc"

line:   db 10, '@@ '
text:                                           ; up to 128 bytes beyond the end
