; Finding physical memory: from an older XMS driver (xms.asm), else from the BIOS.

section .text

; Fills boot_info's extents and total_kib, or fails when there is nothing.
collect_memory:
        mov ax, 0x4300
        int 0x2F
        cmp al, 0x80
        jne .bios
        call take_xms
        jmp short .count
.bios:
        call read_map
        jnc .count
        call read_sizes
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

; Adds a run of memory: page-aligned inside, below 4 GiB, above the HMA, within /MEM, merged with the one that
; it continues. In: EAX=base, EDX=bytes. Changes EAX, CX, EDX, SI.
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
        call limit_bytes
        jz .done
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

; Cuts EDX down to what /MEM still allows. Out: EDX, "zero" when that is nothing. Changes no other register.
limit_bytes:
        push eax
        push ecx
        cmp dword [boot_info + BOOT_memory_limit_kib], 0
        je .unlimited
        mov eax, [boot_info + BOOT_memory_limit_kib]
        sub eax, [claimed_kib]
        mov ecx, edx
        shr ecx, 10
        cmp ecx, eax
        jbe .fits
        and eax, ~3                             ; whole pages
        mov edx, eax
        shl edx, 10
.fits:
        mov ecx, edx
        shr ecx, 10
        add [claimed_kib], ecx
.unlimited:
        pop ecx
        pop eax
        or edx, edx
        ret

section .bss
; KiB added so far, where /MEM limits them.
claimed_kib:
        resd 1
map_seen:
        resb 1
        alignb 4
map_entry:
        resb 24
