; Writing to physical memory beyond real mode's reach: a short stay in 16-bit protected mode, without paging.
; INT 15h 87h would be the BIOS's way; some older drivers take its addresses for linear ones.

section .text

        align 8, db 0
high_gdt:
        dq 0
high_code       equ $ - high_gdt                ; this segment, to run in
        dw 0xFFFF, 0                            ; base patched
        db 0, 0x9A, 0, 0
high_flat       equ $ - high_gdt
        dw 0xFFFF, 0
        db 0, 0x92, 0xCF, 0
high_small      equ $ - high_gdt                ; the limits that real mode expects
        dw 0xFFFF, 0
        db 0, 0x92, 0, 0
high_gdt_pseudo:
        dw $ - high_gdt - 1
        dd 0                                    ; patched

; Fills in what depends on where we are. Changes EAX.
prepare_high_copy:
        xor eax, eax
        mov ax, cs
        mov [copy_high.segment], ax
        shl eax, 4
        mov [high_gdt + high_code + 2], ax
        push eax
        shr eax, 16
        mov [high_gdt + high_code + 4], al
        pop eax
        add eax, high_gdt
        mov [high_gdt_pseudo + 2], eax
        ret

; In: ESI=source, linear; EDI=destination, physical; ECX=bytes, a multiple of 4; A20 on. Out: EDI behind the copy.
; Changes EAX, ECX, ESI.
copy_high:
        push ds
        push es
        pushf
        cli
        o32 lgdt [high_gdt_pseudo]
        shr ecx, 2
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp high_code:.protected
.protected:
        mov ax, high_flat
        mov ds, ax
        mov es, ax
        a32 rep movsd
        mov ax, high_small
        mov ds, ax
        mov es, ax
        mov eax, cr0
        and al, 0xFE
        mov cr0, eax
        db 0xEA                                 ; jmp our segment:.real
        dw .real
.segment:
        dw 0                                    ; patched
.real:
        popf
        pop es
        pop ds
        ret

; Copies from the buffer `chunk`. In: EDI, ECX as for copy_high. Changes EAX, ECX, ESI.
copy_chunk:
        xor esi, esi
        mov si, cs
        shl esi, 4
        add esi, chunk
        jmp copy_high

section .bss
        alignb 4
chunk:
        resb CHUNK_BYTES + 4                    ; and zeros behind a partial dword
