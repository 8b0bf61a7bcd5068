; The resident part put in its place, the core started, the vectors hooked.

section .text

; Copies the resident part to resident_place (over the unused end of our PSP) and fills it in. A20 is put back, since from here on the
; crossing switches it. Changes everything but DS, ES.
install_resident:
        call restore_a20
        mov byte [a20_touched], 0
        mov es, [a20_segment]
        mov ax, [es:RESIDENT_code_end]
        add ax, 15
        and al, 0xF0
        mov [resident_bytes], ax
        cmp byte [public_table], 0
        je .no_table
        mov [es:RESIDENT_xms_table], ax
        imul bx, [boot_info + BOOT_xms_handles], TABLE_RECORD
        add bx, TABLE_HEAD + 15
        and bl, 0xF0
        add [resident_bytes], bx
.no_table:
        call default_swap_path
        mov ax, [resident_place]
        mov [resident_segment], ax
        mov [boot_info + BOOT_resident_segment], ax
        mov bx, [psp]
        mov [boot_info + BOOT_psp], bx

        push ds
        mov es, ax
        mov ax, cs
        add ax, resident_blob_paragraph
        mov ds, ax
        xor si, si
        xor di, di
        mov cx, [RESIDENT_code_end]
        rep movsb
        pop ds

        mov [es:RESIDENT_psp], bx
        mov [es:leave_protected.segment], es
        mov eax, [boot_info + BOOT_directory_physical]
        mov [es:RESIDENT_cr3], eax
        mov eax, [core_header + HEADER_entry]
        mov [es:cross.entry], eax
        mov eax, [core_header + HEADER_xms_entry]
        mov [es:xms_event.entry], eax
        mov [es:xms_leave.segment], es
        mov ax, [core_header + HEADER_gdt_limit]
        mov [es:gdt_pseudo], ax
        mov eax, [core_header + HEADER_gdt_limit + 2]
        mov [es:gdt_pseudo + 2], eax
        mov ax, [core_header + HEADER_idt_limit]
        mov [es:idt_pseudo], ax
        mov eax, [core_header + HEADER_idt_limit + 2]
        mov [es:idt_pseudo + 2], eax
        push es
        mov ah, 0x34                            ; InDOS
        int 0x21
        mov ax, es
        pop es
        mov [es:RESIDENT_indos], bx
        mov [es:RESIDENT_indos + 2], ax
        mov eax, [xms_driver]
        mov [es:RESIDENT_old_xms], eax
        or eax, eax
        jnz .driver
        or byte [es:RESIDENT_features], FEATURE_INT15
        call tell_what_is_left
.driver:
        mov al, [boot_info + BOOT_cpu_signature + 1]
        and al, 0x0F                            ; family
        jnz .family
        mov al, 6                               ; 15 with an extension: later than any that 1687h knows
.family:
        cmp al, 6
        jbe .known
        mov al, 6
.known:
        mov [es:RESIDENT_cpu], al
        push ds
        pop es
        ret

; Writes into our INT 15h what is left of extended memory. In: ES=resident segment. Changes EAX, EBX.
tell_what_is_left:
        mov eax, [left_end]
        mov [es:int15_hook.left_end], eax
        mov eax, [left_below]
        sub eax, 0x100000
        shr eax, 10
        mov ebx, eax
        cmp eax, 0xFFFF
        jbe .fits
        mov ax, 0xFFFF
.fits:
        mov [es:int15_hook.kib], ax
        mov eax, 15 * 1024                      ; from 1 to 16 MiB
        cmp ebx, eax
        jae .above
        mov eax, ebx
.above:
        mov [es:int15_hook.kib_below], ax
        sub ebx, eax
        shr ebx, 6
        mov [es:int15_hook.blocks_above], bx
        ret

; Starts the core. Fails with its reason.
start_core:
        mov ax, [resident_segment]
        mov [core_start_entry + 2], ax
        xor ebx, ebx
        mov bx, ds
        shl ebx, 4
        add ebx, boot_info
        mov eax, -1
        call far [core_start_entry]
        mov [insert_number], eax
        or eax, eax
        fail_unless jz, CORE_START
        ret

core_start_entry:
        dw init_entry, 0

; Offsets of the hooks, in the order of hooked_vectors (unload.asm).
hook_offsets:
        dw int2f_hook
        dw int15_hook
        dw int13_hook
        dw trap_hook

; Puts a jump to our XMS entry in the hook header of an older driver's, so that those who asked for its entry before come
; by us too: while active its moves would take linear addresses for physical ones. Where there is no header, or
; it cannot be written (DOSBox has it in ROM), it is left. In: ES=resident segment. Changes EAX, BX, SI.
hook_xms:
        push ds
        lds si, [xms_driver]
        mov ax, ds
        or ax, ax
        jz .done
        cmp byte [si], 0xEB
        jne .done
        cmp word [si + 2], 0x9090
        jne .done
        cmp byte [si + 4], 0x90
        jne .done
        movsx bx, byte [si + 1]
        add bx, si
        add bx, 2
        mov ax, es
        shl eax, 16
        mov ax, xms_from_older
        cli
        mov byte [si], 0xEA
        cmp byte [si], 0xEA
        jne .rom
        mov [si + 1], eax
        mov [es:RESIDENT_old_xms], bx
        mov [es:RESIDENT_hooked_xms], si
        mov [es:RESIDENT_hooked_xms + 2], ds
.rom:
        sti
.done:
        pop ds
        ret

; Hooks the vectors, and an older XMS driver. Changes everything but DS, ES.
hook_vectors:
        mov es, [resident_segment]
        call hook_xms
        xor ax, ax
        mov fs, ax
        mov si, hooked_vectors
        mov bp, hook_offsets
        cli
.next:
        mov bx, [si]
        or bx, bx
        jz .done
        mov di, [si + 2]
        mov eax, [fs:bx]
        mov [es:di], eax
        mov ax, [cs:bp]
        mov [fs:bx], ax
        mov [fs:bx + 2], es
        add si, 4
        add bp, 2
        jmp short .next
.done:
        sti
        push ds
        pop es
        ret
