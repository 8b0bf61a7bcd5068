; Taking an older XMS driver's memory: what is to be claimed of it, in as many locked blocks as it takes.

section .text

; Whatever of the XMS interface is 32 bits wide from version 3.0 on goes through these functions there.
XMS_QUERY       equ 0x08
XMS_ALLOCATE    equ 0x09
XMS_FREE        equ 0x0A
XMS_LOCK        equ 0x0C
XMS_SUPER       equ 0x80

; Adds the driver's memory to the extents. Changes everything but DS, ES.
take_xms:
        or dword [boot_info + BOOT_flags], FLAG_XMS_DRIVER
        push es
        mov ax, 0x4310
        int 0x2F
        mov [xms_driver], bx
        mov [xms_driver + 2], es
        pop es
        mov ah, 0
        call far [xms_driver]
        cmp ah, 3
        setae [xms_is_3]
        call query_xms                          ; EAX=largest, EDX=all of it
        mov eax, edx
        call claim_amount
        mov [wanted_kib], eax
.next:
        cmp word [xms_block_total], EXTENTS_MAX
        jae .done
        call query_xms
        mov edx, [wanted_kib]
        cmp eax, edx
        jbe .size
        mov eax, edx
.size:
        cmp eax, 8                              ; less than a page may be left of it
        jb .done
        sub [wanted_kib], eax
        call allocate_xms
        jc .done
        call add_extent
        jmp short .next
.done:
        ret

; Out: EAX=KiB of the largest free block, EDX=of all.
query_xms:
        mov ah, XMS_QUERY
        xor bl, bl
        cmp byte [xms_is_3], 0
        jne .super
        call far [xms_driver]
        movzx eax, ax
        movzx edx, dx
        ret
.super:
        mov ah, XMS_QUERY | XMS_SUPER
        call far [xms_driver]
        or bl, bl
        jz .done
        xor eax, eax
        xor edx, edx
.done:
        ret

; Allocates and locks a block. In: EAX=KiB. Out: EAX=physical address, EDX=bytes, and the handle noted; or CF=1.
allocate_xms:
        push eax
        mov edx, eax
        mov ah, XMS_ALLOCATE
        cmp byte [xms_is_3], 0
        je .allocate
        or ah, XMS_SUPER
.allocate:
        call far [xms_driver]
        cmp ax, 1
        jne .failed
        push dx
        mov ah, XMS_LOCK
        call far [xms_driver]
        cmp ax, 1
        pop ax                                  ; handle; DX:BX=address
        jne .unlocked
        mov si, [xms_block_total]
        add si, si
        mov [boot_info + BOOT_xms_blocks + si], ax
        inc word [xms_block_total]
        mov ax, dx
        shl eax, 16
        mov ax, bx
        pop edx
        shl edx, 10
        clc
        ret
.unlocked:
        mov dx, ax
        mov ah, XMS_FREE
        call far [xms_driver]
.failed:
        pop eax
        stc
        ret

; Gives everything back; for a start that fails. Changes everything but DS, ES.
release_xms:
        mov si, boot_info + BOOT_xms_blocks
        jmp free_xms_blocks

section .text
; Read by fail_with, which may run before .bss is cleared.
xms_block_total:
        dw 0
xms_is_3:
        db 0
section .bss
; KiB still to be taken.
wanted_kib:
        resd 1
