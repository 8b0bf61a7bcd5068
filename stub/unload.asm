; Taking Ferrite out again: for /U, and for a program that was run and has ended.

section .runner

; Vectors that we hook, and where the resident part keeps the older handler; a word 0 ends the list.
hooked_vectors:
        dw 4 * 0x2F, RESIDENT_old_2f
        dw 4 * 0x15, RESIDENT_old_15
        dw 4 * 0x13, RESIDENT_old_13
        dw 4 * TRAP_VECTOR, RESIDENT_old_trap
        dw 0
; What the core answers to EVENT_SHUTDOWN, from 1 on.
shutdown_reasons:
        dw message_CLIENT_LIVES
        dw message_HANDLES_HELD
        dw message_HMA_HELD
SHUTDOWN_REASONS equ ($ - shutdown_reasons) / 2
%if STAY_CLIENT != 1 || STAY_HANDLES != 2 || STAY_HMA != 3
        %error "shutdown_reasons is not in the order of the STAY_ numbers"
%endif

unload_entry:
        dd 0
; As BOOT_xms_blocks: the core hands them out when it goes.
older_blocks:
        times EXTENTS_MAX dw 0
; The older XMS driver's entry; 0 when there is none.
xms_driver:
        dd 0

; In: AX=resident segment, DS=our segment. Out: AX=0: the vectors are restored and the older XMS driver has its
; memory back; the resident part's own memory is the caller's business. Or AX=the message that says why not, and
; nothing has changed. Changes everything but DS.
unload:
        mov es, ax
        mov ax, message_CLIENT_LIVES
        cmp byte [es:RESIDENT_active], 0
        jne .done
        mov ax, message_DEVICE_STAYS
        cmp word [es:RESIDENT_psp], 0
        je .done
        xor ax, ax
        mov fs, ax
        mov cx, es
        mov si, hooked_vectors
.check:
        mov bx, [si]
        add si, 4
        or bx, bx
        jz .shutdown
        cmp [fs:bx + 2], cx
        je .check
.hooked:
        mov ax, message_HOOKED
.done:
        ret

.shutdown:
        cmp byte [es:xms_entry], 0xEB           ; somebody's far jump?
        jne .hooked
        cmp word [es:RESIDENT_hooked_xms + 2], 0
        je .header_ours
        lgs bx, [es:RESIDENT_hooked_xms]
        cmp byte [gs:bx], 0xEA
        jne .hooked
        cmp [gs:bx + 3], cx
        jne .hooked
.header_ours:
        mov [unload_entry + 2], es
        mov ax, [es:RESIDENT_shutdown_entry]
        mov [unload_entry], ax
        push es
        push ds
        pop es
        mov di, older_blocks
        mov ax, -1
        call far [unload_entry]
        pop es
        or ax, ax
        jnz .refused
        mov si, hooked_vectors
        cli
.restore:
        mov bx, [si]
        or bx, bx
        jz .restored
        mov di, [si + 2]
        mov eax, [es:di]
        mov [fs:bx], eax
        add si, 4
        jmp short .restore
.restored:
        cmp word [es:RESIDENT_hooked_xms + 2], 0
        je .no_header
        lgs bx, [es:RESIDENT_hooked_xms]
        mov ax, [es:RESIDENT_old_xms]
        sub ax, bx
        sub ax, 2
        mov byte [gs:bx], 0xEB
        mov [gs:bx + 1], al
        mov word [gs:bx + 2], 0x9090
        mov byte [gs:bx + 4], 0x90
.no_header:
        sti
        mov eax, [es:RESIDENT_old_xms]
        mov [xms_driver], eax
        mov si, older_blocks
        call free_xms_blocks
        xor ax, ax
        ret
.refused:
        mov bx, ax
        mov ax, message_CORE_STAYS
        cmp bx, SHUTDOWN_REASONS
        ja .done
        add bx, bx
        mov ax, [shutdown_reasons + bx - 2]
        ret

; Gives the older XMS driver its blocks back. In: SI=handles, as BOOT_xms_blocks, xms_driver. Changes AX, BX, CX, DX, SI.
free_xms_blocks:
        mov cx, EXTENTS_MAX
.next:
        mov dx, [si]
        or dx, dx
        jz .done
        push cx
        push dx
        mov ah, 0x0D                            ; unlock
        call far [xms_driver]
        pop dx
        mov ah, 0x0A                            ; free
        call far [xms_driver]
        pop cx
        add si, 2
        loop .next
.done:
        ret
