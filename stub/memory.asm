; Finding physical memory: from an older XMS driver (xms.asm), else from the BIOS.

section .text

; Fills boot_info's extents and total_kib, or fails when there is nothing.
collect_memory:
        mov ax, 0x4300
        int 0x2F
        cmp al, 0x80
        jne .bios
        cmp byte [public_table], 0
        fail_unless je, TABLE_DRIVER
        call take_xms
        jmp short .count
.bios:
        call read_map
        jnc .claim
        call read_sizes
.claim:
        call claim_extents
.count:
        xor eax, eax
        mov cx, [boot_info + BOOT_extent_count]
        jcxz .none
        mov bx, boot_info + BOOT_extents
.add:
        mov edx, [bx + EXTENT_bytes]
        shr edx, 10
        add eax, edx
        add bx, EXTENT_SIZE
        loop .add
        mov [total_kib], eax
        ret
.none:
        fail NO_EXTENDED

; The BIOS's map, INT 15h E820h. Out: CF=1 when there is none.
read_map:
        xor ebx, ebx
        mov byte [map_seen], 0
.next:
        mov eax, 0xE820
        mov edx, 'PAMS'
        mov ecx, 20
        mov di, map_entry
        push ds
        pop es
        int 0x15
        push ds
        pop es
        jc .end                                 ; also a way of saying "no more"
        cmp eax, 'PAMS'
        jne .end
        mov byte [map_seen], 1
        cmp dword [map_entry + 16], 1           ; usable
        jne .skip
        mov eax, [map_entry]
        mov edx, [map_entry + 8]
        cmp dword [map_entry + 4], 0
        jne .skip                               ; at 4 GiB and above
        cmp dword [map_entry + 12], 0
        je .add
        mov edx, -1
.add:
        call add_extent
.skip:
        or ebx, ebx
        jnz .next
.end:
        cmp byte [map_seen], 1                  ; CF=1 for 0
        ret

; The older calls: E801h, else 88h.
read_sizes:
        mov ax, 0xE801
        xor bx, bx
        xor cx, cx
        xor dx, dx
        int 0x15
        jc .old
        or ax, ax
        jnz .have
        mov ax, cx                              ; some BIOSes answer in CX and DX only
        mov bx, dx
.have:
        or ax, ax
        jz .old
        push bx
        movzx edx, ax
        shl edx, 10
        mov eax, 0x100000
        call add_extent
        pop bx
        movzx edx, bx
        shl edx, 16
        mov eax, 0x1000000
        jmp add_extent
.old:
        mov ah, 0x88
        int 0x15
        movzx edx, ax
        shl edx, 10
        mov eax, 0x100000

; Adds a run of memory: page-aligned inside, below 4 GiB, above the HMA, merged with the one that it continues. In: EAX=base, EDX=bytes. Changes EAX, CX, EDX, SI.
add_extent:
        add edx, eax
        jnc .below
        mov edx, 0xFFFFF000
.below:
        and edx, ~0xFFF                         ; end
        add eax, 0xFFF
        jc .done
        and eax, ~0xFFF
        cmp eax, LOW_END
        jae .above
        mov eax, LOW_END
.above:
        sub edx, eax
        jbe .done
        mov cx, [boot_info + BOOT_extent_count]
        cmp cx, EXTENTS_MAX
        jae .done
        mov si, cx
        shl si, 3                               ; EXTENT_SIZE
        add si, boot_info + BOOT_extents
        jcxz .new
        push edx
        mov edx, [si - EXTENT_SIZE + EXTENT_base]
        add edx, [si - EXTENT_SIZE + EXTENT_bytes]
        cmp edx, eax
        pop edx
        jne .new
        add [si - EXTENT_SIZE + EXTENT_bytes], edx
        ret
.new:
        mov [si + EXTENT_base], eax
        mov [si + EXTENT_bytes], edx
        inc word [boot_info + BOOT_extent_count]
.done:
        ret

%include "claim.asm"

; Takes what is to be claimed from the highest memory down: what is left begins at 1 MiB, and INT 15h goes on telling of it.
; Notes its ends in `left_end` and `left_below`. Changes everything but DS, ES.
claim_extents:
        mov dword [left_end], 0x100000
        mov dword [left_below], 0x100000
        xor eax, eax
        mov si, boot_info + BOOT_extents
        mov cx, [boot_info + BOOT_extent_count]
        or cx, cx
        jz .done
        mov ebp, [si + EXTENT_base]
        add ebp, [si + EXTENT_bytes]            ; end of the first
.sum:
        mov edx, [si + EXTENT_bytes]
        shr edx, 10
        add eax, edx
        add si, EXTENT_SIZE
        loop .sum
        mov edi, eax
        call claim_amount
        sub edi, eax
        jz .done                                ; nothing is left
        shl edi, 10                             ; bytes to leave
        mov si, boot_info + BOOT_extents
        mov cx, [boot_info + BOOT_extent_count]
.leave:
        jcxz .keep
        mov eax, [si + EXTENT_bytes]
        mov edx, [si + EXTENT_base]
        cmp eax, edi
        ja .part
        sub edi, eax
        add edx, eax
        mov [left_end], edx
        add si, EXTENT_SIZE
        dec cx
        jmp short .leave
.part:
        add edx, edi
        mov [left_end], edx
        mov [si + EXTENT_base], edx
        sub [si + EXTENT_bytes], edi
.keep:
        mov eax, [left_end]
        cmp eax, ebp
        jbe .first
        mov eax, ebp
.first:
        mov [left_below], eax
        mov [boot_info + BOOT_extent_count], cx
        mov di, boot_info + BOOT_extents
        jcxz .done
.move:
        mov eax, [si + EXTENT_base]
        mov [di + EXTENT_base], eax
        mov edx, [si + EXTENT_bytes]
        mov [di + EXTENT_bytes], edx
        cmp eax, [left_end]
        jae .next
        mov dword [left_end], 0x100000          ; a map without order: nothing is told rather than what is ours
        mov dword [left_below], 0x100000
.next:
        add si, EXTENT_SIZE
        add di, EXTENT_SIZE
        loop .move
.done:
        ret

section .bss
map_seen:
        resb 1
        alignb 4
map_entry:
        resb 24
; Physical addresses after what INT 15h goes on telling of: all of it, and its part from 1 MiB on without a hole.
left_end:
        resd 1
left_below:
        resd 1
