; /S: what is loaded.

section .text

; Lines of /S: message, address of its number, the number's size in bytes; 0 ends the list.
status_lines:
        dw message_FOUND, status_info + STATUS_found_kib, 4
        dw message_PHYSICAL, status_info + STATUS_physical_total_kib, 4
        dw message_FREE, status_info + STATUS_physical_free_kib, 4
        dw message_LOCKED, status_info + STATUS_locked_kib, 4
        dw message_CORE_USE, status_info + STATUS_core_kib, 4
        dw message_SWAP, status_info + STATUS_swap_total_kib, 4
        dw message_SWAP_USED, status_info + STATUS_swap_used_kib, 4
        dw message_HANDLES_USED, status_info + STATUS_handles_used, 2
        dw message_HANDLES, status_info + STATUS_handles_total, 2
        dw message_FAULTS, status_info + STATUS_faults, 4
        dw message_PAGE_INS, status_info + STATUS_page_ins, 4
        dw message_PAGE_OUTS, status_info + STATUS_page_outs, 4
        dw message_CLUSTERS, status_info + STATUS_clusters, 4
        dw 0
; The same for each client.
client_lines:
        dw message_CLIENT, client_info + CLIENT_bits, 2
        dw message_CLIENT_BLOCKS, client_info + CLIENT_blocks, 4
        dw message_CLIENT_COMMITTED, client_info + CLIENT_committed_kib, 4
        dw message_CLIENT_RESIDENT, client_info + CLIENT_resident_kib, 4
        dw message_CLIENT_LOCKED, client_info + CLIENT_locked_kib, 4
        dw message_CLIENT_FAULTS, client_info + CLIENT_faults, 4
        dw message_CLIENT_INS, client_info + CLIENT_page_ins, 4
        dw message_CLIENT_OUTS, client_info + CLIENT_page_outs, 4
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
        movzx eax, word [fs:RESIDENT_code_end]
        mov bx, [fs:RESIDENT_xms_table]
        or bx, bx
        jz .no_table
        imul ax, [fs:bx + 2], TABLE_RECORD
        lea ax, [eax + ebx + TABLE_HEAD]
.no_table:
        add ax, DEVICE_KEPT + 15
        and al, 0xF0
        mov [insert_number], eax
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
        call print_lines
        push ds
        pop es
        xor cx, cx
.client:
        mov di, client_info
        mov eax, CONTROL_CLIENT
        push cx
        call far [control_pointer]
        or ax, ax
        jnz .next
        call name_client
        mov di, client_lines
        call print_lines
.next:
        pop cx
        inc cx
        cmp cx, CLIENTS_MAX
        jb .client
        jmp short .done
.no_figures:
        mov si, message_NO_FIGURES
        call print_message
.done:
        mov ax, 0x4C00
        int 0x21

; In: DI=list. Changes AX, BX, SI, DI.
print_lines:
        mov si, [di]
        or si, si
        jz .done
        mov bx, [di + 2]
        mov eax, [bx]
        cmp word [di + 4], 4
        je .wide
        movzx eax, ax
.wide:
        mov [insert_number], eax
        call print_message
        add di, 6
        jmp short print_lines
.done:
        ret

; The client's name, which DOS keeps in the header of its PSP's block, goes to `client_name`. Changes AX, CX, SI, DI.
name_client:
        push ds
        mov ax, [client_info + CLIENT_psp]
        dec ax
        mov ds, ax
        mov si, 8
        mov di, client_name
        mov cx, 8
.copy:
        lodsb
        cmp al, ' '
        jbe .end
        stosb
        loop .copy
.end:
        mov al, 0
        stosb
        pop ds
        mov word [insert_text], client_name
        ret

control_pointer:
        dd 0

section .bss
status_answer:
        resw 1
        alignb 4
status_info:
        resb STATUS_SIZE
client_info:
        resb CLIENT_SIZE
client_name:
        resb 9
