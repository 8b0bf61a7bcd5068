; The environment, our own file's name, and the program that is to be run.

section .text

name_ferrite:
        db "FERRITE=", 0
name_path:
        db "PATH=", 0
name_temp:
        db "TEMP=", 0
name_tmp:
        db "TMP=", 0
extensions:
        db ".COM", 0, ".EXE", 0, 0

; Finds our file's name, which DOS puts behind the environment: strings, an empty one, a count, the name.
; Changes AX, CX, SI, DI.
read_environment:
        mov es, [psp]
        mov ax, [es:0x2C]
        mov [environment], ax
        push ds
        mov ds, ax
        push cs
        pop es
        xor si, si
.skip:
        lodsb
        or al, al
        jnz .skip
        cmp byte [si], 0
        jne .skip
        add si, 3
        mov di, own_path
        mov cx, 127
.copy:
        lodsb
        stosb
        or al, al
        loopnz .copy
        mov byte [es:di], 0
        pop ds
        ret

; In: SI=name with '='. Out: CF=0 and FS:SI=value, or CF=1. Changes AX, CX, DI.
find_variable:
        mov ax, [environment]
        cmp ax, 1                               ; CF=1 for 0: CONFIG.SYS has none
        jb .none
        mov fs, ax
        push es
        mov es, ax
        xor di, di
.next:
        cmp byte [es:di], 1                     ; CF=1 at the empty string behind the last
        jb .done
        push si
.compare:
        lodsb
        or al, al
        jz .found
        scasb
        je .compare
        pop si
        dec di
        mov al, 0
        mov cx, -1
        repne scasb
        jmp short .next
.found:
        pop si
        mov si, di
        clc
.done:
        pop es
.none:
        ret

; In: FS:SI=value, DI=buffer of 256 bytes. Changes AX, CX, SI, DI.
copy_variable:
        mov cx, 255
.copy:
        fs lodsb
        stosb
        or al, al
        loopnz .copy
        mov byte [di], 0
        ret

; Where the swap file goes when no switch says so: TEMP, else TMP, else where FERRITE.EXE is.
default_swap_path:
        cmp byte [boot_info + BOOT_swap_path], 0
        jne .done
        mov si, name_temp
        call find_variable
        jnc .variable
        mov si, name_tmp
        call find_variable
        jnc .variable
        mov si, own_path
        push cs
        pop fs
        or dword [boot_info + BOOT_flags], FLAG_OWN_DIRECTORY
.variable:
        mov di, boot_info + BOOT_swap_path
        mov cx, 79
        xor bx, bx                              ; behind the last separator of our own name
.copy:
        fs lodsb
        stosb
        cmp al, '\'
        jne .no_separator
        mov bx, di
.no_separator:
        or al, al
        loopnz .copy
        mov byte [di], 0
        mov ax, fs
        mov cx, cs
        cmp ax, cx
        jne .done
        mov byte [bx], 0
.done:
        ret

; Finds the program: as given, with .COM and .EXE tried where there is no extension; in the current directory
; and along PATH where there is no directory. Out: run_path; or fails.
find_program:
        mov word [insert_text], program_name
        xor bx, bx                              ; BL=1: has a directory; BH=1: has an extension
        mov si, program_name
.look:
        lodsb
        cmp al, '\'
        je .directory
        cmp al, '/'
        je .directory
        cmp al, ':'
        je .directory
        cmp al, '.'
        jne .plain
        mov bh, 1
.plain:
        or al, al
        jnz .look
        mov [program_kind], bx
        or bh, bh
        jz .here
        sub si, 5                               ; the last four characters and the zero
        mov eax, [si]
        or eax, 0x20202000
        cmp eax, '.bat'
        fail_unless jne, BATCH
.here:
        mov si, empty
        call try_directory
        jnc .found
        cmp byte [program_kind], 0
        fail_unless je, NO_PROGRAM
        mov si, name_path
        call find_variable
        fail_unless jnc, NO_PROGRAM
.next:
        mov di, directory                       ; FS:SI=rest of PATH
        mov cx, 64
.copy:
        fs lodsb
        or al, al
        jz .end
        cmp al, ';'
        je .end
        stosb
        loop .copy
.end:
        mov byte [di], 0
        push ax
        cmp di, directory
        je .empty
        push si
        cmp byte [di - 1], '\'
        je .separated
        mov word [di], '\'
.separated:
        mov si, directory
        call try_directory
        pop si
        jc .empty
        pop ax
        ret
.empty:
        pop ax
        or al, al
        jnz .next
        fail NO_PROGRAM
.directory:
        mov bx, 1
        jmp .look
.found:
        ret

; In: SI=directory with separator, or empty. Out: CF=0 and run_path, or CF=1. Changes AX, CX, DX, SI, DI.
try_directory:
        mov di, run_path
        call append
        mov si, program_name
        call append
        cmp byte [program_kind + 1], 0
        jne try_file
        mov si, extensions
.extension:
        push di
        call append
        call try_file
        pop di
        jnc .done
        cmp byte [si], 0
        jne .extension
        stc
.done:
        ret

; Out: CF=0 when run_path names a file. Changes AX, CX, DX.
try_file:
        mov ax, 0x4300
        mov dx, run_path
        int 0x21
        jc .done
        test cl, 0x18                           ; directory, volume label
        jz .done                                ; CF=0
        stc
.done:
        ret

; Appends the string at SI at DI, and leaves DI at its zero and SI behind its zero. Changes AX.
append:
        lodsb
        stosb
        or al, al
        jnz append
        dec di
        ret

empty:
        db 0

section .bss
environment:
        resw 1
; Low byte: 1 when program_name has a directory; high byte: 1 when it has an extension.
program_kind:
        resw 1
own_path:
        resb 128
directory:
        resb 80
