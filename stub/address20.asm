; Finding a way to switch the A20 line, with the resident part's own routines (realmode/a20.asm), which run where
; they lie in the image.

section .text

a20_query_entry:
        dw a20_query_far, 0
a20_set_entry:
        dw a20_set_far, 0
; What was found; fail_with looks at a20_touched before .bss is cleared.
a20_found:
        db 0
a20_touched:
        db 0

; /A20: a way, or -1 to find one.
a20_switch:
        db -1

; Tries the ways of a20.asm in turn, or the one that /A20 names, until one switches the line both ways, notes it, and
; leaves the line on. A line that is on and that nothing switches off counts as always on. Changes everything but DS,
; ES.
find_a20:
        mov ax, cs
        add ax, resident_blob_paragraph
        mov [a20_query_entry + 2], ax
        mov [a20_set_entry + 2], ax
        mov fs, ax
        mov eax, [xms_driver]
        mov [fs:RESIDENT_old_xms], eax
        cli                                     ; DOS may lie in the HMA: nothing runs while the line is off
        call far [a20_query_entry]
        mov [a20_found], al
        mov byte [a20_touched], 1
        mov al, [a20_switch]
        cmp al, A20_ALWAYS
        je .none
        jns .method
        mov al, A20_PORT92
.method:
        cmp al, A20_DRIVER
        jne .known
        cmp word [xms_driver + 2], 0
        je .failed
.known:
        mov [fs:RESIDENT_a20_method], al
.try:
        mov al, [a20_found]
        xor al, 1
        call set_line
        push ax
        mov al, [a20_found]
        call set_line
        pop dx
        and al, dl
        jnz .works
        cmp byte [a20_switch], A20_ALWAYS       ; the one that was asked for does not work
        jg .failed
        inc byte [fs:RESIDENT_a20_method]
        cmp byte [fs:RESIDENT_a20_method], A20_DRIVER
        jb .try
        ja .none
        cmp word [xms_driver + 2], 0
        jne .try
.none:
        mov byte [fs:RESIDENT_a20_method], A20_ALWAYS
        cmp byte [a20_found], 0
        jne .works
.failed:
        sti
        mov byte [a20_touched], 0
        fail A20
.works:
        mov al, 1
        call set_line
        sti
        ret

; Leaves the line as it was found. Changes everything but DS, ES.
restore_a20:
        mov al, [a20_found]
        cli
        call set_line
        sti
        ret

; In: AL=1 on, 0 off. Out: AL=1 when that was done. Changes AX, BX, CX, DX.
set_line:
        push ds
        mov ds, [a20_set_entry + 2]
        call far [cs:a20_set_entry]
        pop ds
        ret
