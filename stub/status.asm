; /S: what is loaded.

section .text

; Lines of /S: message, field of StatusInfo, its size in bytes; 0 ends the list.
status_lines:
        dw message_PHYSICAL, STATUS_physical_total_kib, 4
        dw message_FREE, STATUS_physical_free_kib, 4
        dw message_CORE_USE, STATUS_core_kib, 4
        dw message_SWAP, STATUS_swap_total_kib, 4
        dw message_SWAP_USED, STATUS_swap_used_kib, 4
        dw message_HANDLES_USED, STATUS_handles_used, 2
        dw message_HANDLES, STATUS_handles_total, 2
        dw message_FAULTS, STATUS_faults, 4
        dw message_PAGE_INS, STATUS_page_ins, 4
        dw message_PAGE_OUTS, STATUS_page_outs, 4
        dw 0

show_status:
        mov ax, [resident_segment]
        or ax, ax
        fail_unless jnz, NOT_LOADED
        mov fs, ax
        mov word [insert_text], message_version
        mov si, message_BANNER
        call print_message

        mov [control_pointer + 2], fs
        mov ax, [fs:RESIDENT_control_entry]
        mov [control_pointer], ax
        mov di, status_info
        mov eax, CONTROL_STATUS
        call far [control_pointer]
        mov [status_answer], ax

        mov si, message_DORMANT
        cmp byte [fs:RESIDENT_active], 0
        je .state
        movzx eax, word [status_info + STATUS_clients]
        mov [insert_number], eax
        mov si, message_ACTIVE
.state:
        call print_message
        mov dword [insert_number], DEVICE_KEPT + resident_blob_bytes
        mov ax, [fs:RESIDENT_psp]
        or ax, ax
        jz .device
        dec ax                                  ; the size of its block, from the header before it
        mov es, ax
        movzx eax, word [es:3]
        inc ax
        shl eax, 4
        mov [insert_number], eax
.device:
        mov si, message_CONVENTIONAL_USE
        call print_message
        cmp word [status_answer], 0
        jne .no_figures
        mov di, status_lines
.line:
        mov si, [di]
        or si, si
        jz .done
        mov bx, [di + 2]
        mov eax, [status_info + bx]
        cmp word [di + 4], 4
        je .wide
        movzx eax, ax
.wide:
        mov [insert_number], eax
        call print_message
        add di, 6
        jmp short .line
.no_figures:
        mov si, message_NO_FIGURES
        call print_message
.done:
        mov ax, 0x4C00
        int 0x21

control_pointer:
        dd 0

section .bss
status_answer:
        resw 1
        alignb 4
status_info:
        resb STATUS_SIZE
