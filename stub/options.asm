; The command line and the environment variable FERRITE.

section .text

; The switches: name, 0, handler. A handler gets SI behind the name and returns it behind the value.
switches:
        db "?", 0
        dw switch_help
        db "S", 0
        dw switch_action_s
        db "U", 0
        dw switch_action_u
        db "MEM", 0
        dw switch_mem
        db "CLAIM", 0
        dw switch_claim
        db "MIN", 0
        dw switch_min
        db "LEAVE", 0
        dw switch_leave
        db "KEEP", 0
        dw switch_keep
        db "GUARD", 0
        dw switch_guard
        db "PAGE0", 0
        dw switch_page0
        db "HANDLES", 0
        dw switch_handles
        db "HMAMIN", 0
        dw switch_hmamin
        db "BUFFER", 0
        dw switch_buffer
        db "IOPL", 0
        dw switch_iopl
        db "SWAP", 0
        dw switch_swap
        db "NOSWAP", 0
        dw switch_noswap
        db "DMA", 0
        dw switch_dma
        db "TABLE", 0
        dw switch_table
        db "A20", 0
        dw switch_a20
        db "LOG", 0
        dw switch_log
        db 0

; Words of /LOG=.
log_levels:
        db "OFF", 0, 0, "ERROR", 0, 1, "WARN", 0, 2, "INFO", 0, 3, "DEBUG", 0, 4, "TRACE", 0, 5, 0
log_targets:
        db "E9", 0, 1, "COM1", 0, 2, 0

; Words of /A20=.
a20_ways:
        db "AUTO", 0, -1, "ON", 0, A20_ALWAYS, "PORT92", 0, A20_PORT92, "KBC", 0, A20_KEYBOARD
        db "BIOS", 0, A20_BIOS, "XMS", 0, A20_DRIVER, 0

default_options:
        mov dword [boot_info + BOOT_bytes], BOOT_SIZE
        mov byte [boot_info + BOOT_log_level], 1
        mov byte [boot_info + BOOT_log_targets], 1
        mov byte [boot_info + BOOT_client_iopl], 3
        mov word [boot_info + BOOT_claim_fraction], 256
        mov word [boot_info + BOOT_xms_handles], 128
        mov word [boot_info + BOOT_transfer_kib], 8
        mov ax, [dos_version]
        mov [boot_info + BOOT_dos_version], ax
        ret

; FERRITE=..., if there is such a variable.
parse_variable:
        mov si, name_ferrite
        call find_variable
        jc .done
        mov di, line_buffer
        call copy_variable
        mov byte [switches_only], 1
        mov si, line_buffer
        call parse_line
        mov byte [switches_only], 0
.done:
        ret

parse_command_line:
        push ds
        mov ds, [psp]
        mov si, 0x81
        mov di, line_buffer
        mov cx, 127
.copy:
        lodsb
        cmp al, 13
        je .end
        stosb
        loop .copy
.end:
        mov al, 0
        stosb
        pop ds
        mov si, line_buffer

; In: SI=text, zero-terminated. Switches up to the program's name; that and the rest go to program_name and
; run_tail.
parse_line:
        call skip_blanks
        or al, al
        jz .done
        mov word [insert_text], token
        call copy_token
        lodsb
        cmp al, '/'
        je .switch
        cmp al, '-'
        je .switch
        dec si
        cmp byte [switches_only], 0
        fail_unless je, PROGRAM_IN_VARIABLE
        cmp byte [action], 0
        fail_unless je, SWITCH_ALONE
        jmp take_program
.switch:
        mov bx, switches
.try:
        mov di, si
.compare:
        mov al, [bx]
        inc bx
        or al, al
        jz .matched
        mov ah, [di]
        call upper_case_ah
        inc di
        cmp al, ah
        je .compare
.skip:
        mov al, [bx]
        inc bx
        or al, al
        jnz .skip
.next:
        add bx, 2
        cmp byte [bx], 0
        jne .try
        fail UNKNOWN_SWITCH
.matched:
        mov al, [di]
        call is_delimiter
        je .found
        cmp al, '='
        je .found
        cmp al, ':'
        jne .next
.found:
        mov si, di
        call [bx]
        mov al, [si]
        call is_delimiter
        fail_unless je, SWITCH_VALUE
        jmp parse_line
.done:
        ret

; In: SI at the program's name. Ends the parsing of the line.
take_program:
        mov di, program_name
        mov cx, 80
.name:
        lodsb
        call is_delimiter
        je .tail
        stosb
        loop .name
.tail:
        mov byte [di], 0
        dec si
        mov di, run_tail + 1
        xor cx, cx
.copy:
        lodsb
        or al, al
        jz .end
        stosb
        inc cx
        cmp cx, 125
        jb .copy
.end:
        mov byte [di], 13
        mov [run_tail], cl
        or dword [boot_info + BOOT_flags], FLAG_RUN
        ret

; Handlers.
switch_help:
        mov al, '?'
        jmp short set_action
switch_action_s:
        mov al, 'S'
        jmp short set_action
switch_action_u:
        mov al, 'U'
set_action:
        mov [action], al
        ret
switch_mem:
        call value_kib
        mov [boot_info + BOOT_memory_limit_kib], eax
        ret
switch_min:
        call value_kib
        mov [boot_info + BOOT_claim_lower_kib], eax
        ret
switch_leave:
        call value_kib
        mov [boot_info + BOOT_claim_leave_kib], eax
        ret
switch_keep:
        call value_kib
        mov [boot_info + BOOT_claim_keep_kib], eax
        ret
switch_claim:
        call value_number                       ; percent
        mov ebx, 1
        mov ecx, 100
        call check_range
        shl eax, 8
        add eax, 99                             ; a share of 1/256 at least
        xor edx, edx
        div ecx
        mov [boot_info + BOOT_claim_fraction], eax
        ret
switch_guard:
        or dword [boot_info + BOOT_flags], FLAG_GUARD
        ret
switch_page0:
        or dword [boot_info + BOOT_flags], FLAG_PAGE0
        ret
switch_handles:
        call value_number
        mov ebx, 1
        mov ecx, 1024
        call check_range
        mov [boot_info + BOOT_xms_handles], ax
        ret
switch_hmamin:
        call value_number
        xor ebx, ebx
        mov ecx, 63
        call check_range
        shl ax, 10
        mov [boot_info + BOOT_hma_minimum], ax
        ret
switch_buffer:
        call value_number
        mov ebx, 4
        mov ecx, 60
        call check_range
        mov [boot_info + BOOT_transfer_kib], ax
        ret
switch_iopl:
        call value_number
        cmp eax, 3
        je .set
        or eax, eax
        fail_unless jz, SWITCH_VALUE
.set:
        mov [boot_info + BOOT_client_iopl], al
        ret
switch_noswap:
        or dword [boot_info + BOOT_flags], FLAG_NO_SWAP
        ret
switch_dma:
        or dword [boot_info + BOOT_flags], FLAG_ISA_DMA
        ret
switch_table:
        mov byte [public_table], 1
        ret
switch_swap:
        call expect_value
        mov di, boot_info + BOOT_swap_path
        mov cx, 79
.copy:
        lodsb
        call is_blank_or_end
        je .end
        cmp al, ','
        je .end
        stosb
        loop .copy
        fail SWITCH_VALUE
.end:
        mov byte [di], 0
        dec si
        cmp al, ','
        jne .done
        inc si
        call kib
        mov [boot_info + BOOT_swap_limit_kib], eax
.done:
        ret
switch_a20:
        call expect_value
        mov bx, a20_ways
        call word_value
        mov [a20_switch], al
        ret

switch_log:
        call expect_value
        mov bx, log_levels
        call word_value
        mov [boot_info + BOOT_log_level], al
        cmp byte [si], ','
        jne .done
        inc si
        mov bx, log_targets
        call word_value
        mov [boot_info + BOOT_log_targets], al
.done:
        ret

; Refuses what does not go together.
check_options:
        cmp byte [public_table], 0
        je .done
        cmp word [boot_info + BOOT_xms_handles], TABLE_MAX
        ja .refused
        test dword [boot_info + BOOT_flags], FLAG_ISA_DMA
        jz .done
.refused:
        fail TABLE_ALONE
.done:
        ret

; Most handles with /TABLE.
TABLE_MAX       equ 128

section .bss
; /TABLE.
public_table:
        resb 1
; '?', 'S', 'U' or 0.
action:
        resb 1
; 1 while a line is parsed that names no program: the environment variable's, or DEVICE='s.
switches_only:
        resb 1
token:
        resb 64
; The program's name as it was given; empty to stay resident.
program_name:
        resb 82
line_buffer:
        resb 256
        alignb 4
boot_info:
        resb BOOT_SIZE
