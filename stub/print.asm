; Text to standard output and standard error. 8086 instructions only: it tells a user of an old machine so.

section .runner

        cpu 8086

; What byte 1 and byte 2 of a message stand for.
insert_text:
        dw 0
insert_number:
        dd 0
; DOS handle that is written to; 0 in CONFIG.SYS, where handles may not be open: text goes out by function 02h.
output_handle:
        dw 1

; In: SI=message, zero-terminated, with insertions; DS=our segment. Changes AX, SI.
print_message:
        lodsb
        cmp al, 0
        je .end
        cmp al, 1
        je .text
        cmp al, 2
        je .number
        call print_character
        jmp short print_message
.text:
        push si
        mov si, [insert_text]
        call print_message
        pop si
        jmp short print_message
.number:
        call print_number
        jmp short print_message
.end:
        ret

; In: AL=character. Changes AX.
print_character:
        push bx
        push cx
        push dx
        cmp word [output_handle], 0
        je .device
        mov [.character], al
        mov ah, 0x40
        mov bx, [output_handle]
        mov cx, 1
        mov dx, .character
        int 0x21
.printed:
        pop dx
        pop cx
        pop bx
        ret
.device:
        mov dl, al
        mov ah, 2
        int 0x21
        jmp short .printed
.character:
        db 0

; Prints the unsigned number at `insert_number`, in decimal. Changes AX; the number is gone.
; By long division in 16-bit steps, digits collected on the stack.
print_number:
        push bx
        push cx
        push dx
        mov bx, 10
        xor cx, cx
.divide:
        xor dx, dx
        mov ax, [insert_number + 2]
        div bx
        mov [insert_number + 2], ax
        mov ax, [insert_number]
        div bx
        mov [insert_number], ax
        push dx
        inc cx
        or ax, [insert_number + 2]
        jnz .divide
.digit:
        pop ax
        add al, '0'
        call print_character
        loop .digit
        pop dx
        pop cx
        pop bx
        ret

        cpu 486
