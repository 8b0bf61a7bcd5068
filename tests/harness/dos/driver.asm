; DRIVER.COM - runs the programs listed in C:\HARNESS\LIST.TXT, one after another.
;
; A line of the list: four digits, a directory, the program's path, its command tail, separated by
; single blanks, CR LF. For program nnnn:
;   "@@ start nnnn" goes to port E9h and to the log before it starts;
;   standard input is IN\nnnn.TXT, or NUL where that is missing;
;   standard output and error go to OUT\nnnn.TXT; the current directory is the one in the list;
;   "@@ end nnnn ccc k" follows: exit code and how it ended (0 normally, 1 by ^C, 2 critical
;   error, 3 stayed resident), or "E" with the DOS error when it could not be started.
; "@@ done" ends the list.
;
; After a hang or a reset the harness boots again with the rest of the list, so nothing is
; remembered here. INT 24h answers "fail", INT 23h goes on: nobody sits at the keyboard.

        org 100h

TAIL_MAX        equ 126

        mov sp, stack_top
        mov bx, stack_top + 15
        shr bx, 4
        mov ah, 4Ah
        int 21h

next_program:
        call read_line
        jc finished
        call parse_line
        mov si, start_line
        call report
        call prepare
        call redirect
        call execute
        call release
        mov si, end_line
        call report
        mov ah, 0Dh                             ; flush, a later reset shall not lose this
        int 21h
        jmp next_program

finished:
        mov si, done_line
        call report
        mov ax, 4C00h
        int 21h

; read_line: the next line of the list into `line`, CR-terminated. CF when there is none.
read_line:
        mov ax, 3D80h
        mov dx, list_name
        int 21h
        jc .out
        mov bx, ax
        mov ax, 4200h
        mov dx, [position]
        mov cx, [position+2]
        int 21h
        mov ah, 3Fh
        mov dx, line
        mov cx, LINE_MAX
        int 21h
        push ax
        mov ah, 3Eh
        int 21h
        pop cx
        jcxz .none
        mov di, line
        mov al, 10
        cld
        repne scasb
        jne .none                               ; a line without its end: the list is cut
        sub di, line
        add [position], di
        adc word [position+2], 0
        clc
.out:   ret
.none:  stc
        ret

; parse_line: `line` to number, program and tail.
parse_line:
        mov si, line
        mov di, start_number
        movsw
        movsw
        mov ax, [start_number]
        mov bx, [start_number+2]
        mov [end_number], ax
        mov [end_number+2], bx
        mov [out_number], ax
        mov [out_number+2], bx
        mov [in_number], ax
        mov [in_number+2], bx
        inc si
        mov di, directory
.directory:
        lodsb
        cmp al, ' '
        je .named
        stosb
        jmp .directory
.named: mov byte [di], 0
        mov di, program
.program:
        lodsb
        cmp al, ' '
        je .tail
        cmp al, 13
        je .empty
        stosb
        jmp .program
.empty: dec si
.tail:  mov byte [di], 0
        mov di, tail + 1
        xor cx, cx
        cmp byte [si], 13
        je .end
        mov al, ' '                             ; as COMMAND.COM passes it
        stosb
        inc cx
.copy:  lodsb
        cmp al, 13
        je .end
        stosb
        inc cx
        cmp cx, TAIL_MAX
        jb .copy
.end:   mov byte [di], 13
        mov [tail], cl
        ret

; prepare: drive, directory, handlers and screen as each program is to find them.
prepare:
        mov ah, 0Eh
        mov dl, 2
        int 21h
        mov ah, 3Bh
        mov dx, directory
        int 21h
        mov ax, 2523h
        mov dx, break_handler
        int 21h
        mov ax, 2524h
        mov dx, error_handler
        int 21h
        mov ah, 0Fh
        int 10h
        cmp al, 3
        je .clear
        mov ax, 0003h
        int 10h
.clear: mov ax, 0600h
        mov bh, 07h
        xor cx, cx
        mov dx, 184Fh
        int 10h
        mov ah, 02h
        xor bx, bx
        xor dx, dx
        int 10h
        ret

; redirect: handles 0, 1 and 2 to the program's files. Ours is the only table that changes; the
; child inherits it.
redirect:
        mov ax, 3D00h
        mov dx, in_name
        int 21h
        jnc .input
        mov ax, 3D00h
        mov dx, nul_name
        int 21h
        jc .output
.input: xor cx, cx
        call move_handle
.output:
        mov ah, 3Ch
        xor cx, cx
        mov dx, out_name
        int 21h
        jc .out
        mov bx, ax
        mov cx, 1
        mov ah, 46h
        int 21h
        mov ax, bx
        mov cx, 2
        call move_handle
.out:   ret

; release: handles 0, 1 and 2 to NUL, which closes the program's files.
release:
        mov ax, 3D02h
        mov dx, nul_name
        int 21h
        jc .out
        mov bx, ax
        xor cx, cx
        mov ah, 46h
        int 21h
        mov cx, 1
        mov ah, 46h
        int 21h
        mov ax, bx
        mov cx, 2
        call move_handle
.out:   ret

; move_handle: handle AX becomes handle CX.
move_handle:
        mov bx, ax
        cmp ax, cx
        je .out
        mov ah, 46h
        int 21h
        mov ah, 3Eh
        int 21h
.out:   ret

; execute: runs `program` with `tail`; code and kind go into end_line.
execute:
        mov [saved_sp], sp
        mov ax, cs
        mov [parameters+4], ax
        mov [parameters+8], ax
        mov [parameters+12], ax
        mov ax, 4B00h
        mov dx, program
        mov bx, parameters
        int 21h
        cli                                     ; nothing but CS:IP can be relied on
        mov bx, cs
        mov ss, bx
        mov sp, [cs:saved_sp]
        sti
        cld
        mov ds, bx
        mov es, bx
        mov cl, 'E'
        jc .result
        mov ah, 4Dh
        int 21h
        mov cl, ah
        add cl, '0'
.result:
        mov [end_kind], cl
        aam                                     ; AL = units, AH = the rest
        add al, '0'
        mov [end_code+2], al
        mov al, ah
        aam
        add ax, '00'
        mov [end_code+1], al
        mov [end_code], ah
        ret

break_handler:
        iret

error_handler:
        mov al, 3                               ; fail the call
        iret

%include "channel.inc"

list_name:  db 'C:\HARNESS\LIST.TXT', 0
nul_name:   db 'NUL', 0
in_name:    db 'C:\HARNESS\IN\'
in_number:  db '0000.TXT', 0
out_name:   db 'C:\HARNESS\OUT\'
out_number: db '0000.TXT', 0
start_line: db 10, '@@ start '
start_number: db '0000', 10, 0
end_line:   db 10, '@@ end '
end_number: db '0000 '
end_code:   db '000 '
end_kind:   db '0', 10, 0
done_line:  db 10, '@@ done', 10, 0
position:   dd 0
parameters: dw 0, tail, 0, 5Ch, 0, 6Ch, 0

LINE_MAX    equ 256

        section .bss
saved_sp:   resw 1
line:       resb LINE_MAX
directory:  resb 80
program:    resb 80
tail:       resb 130
            resb 512
stack_top:
