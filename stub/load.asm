; The core: found behind the MZ image in our own file, copied to extended memory, and given its page tables.

section .text

; Bits of a page-table entry: present, writable, user, accessed, dirty.
PAGE_P          equ 1 << 0
PAGE_W          equ 1 << 1
PAGE_U          equ 1 << 2
PAGE_A          equ 1 << 5
PAGE_D          equ 1 << 6
PAGE_BYTES      equ 4096

; Loads the core into the highest extent that it fits into and fills boot_info; or fails.
load_core:
        call prepare_high_copy
        mov word [insert_text], own_path
        mov ax, 0x3D00
        mov dx, own_path
        int 0x21
        fail_unless jnc, CORE_FILE
        mov [core_handle], ax
        call find_core
        call place_core
        call copy_core
        mov ah, 0x3E
        mov bx, [core_handle]
        int 0x21
        jmp build_tables

; Reads the core's header into core_header and checks it.
find_core:
        mov dx, mz_header
        mov cx, 6
        call read_file
        mov ax, [mz_header + 4]                 ; pages of 512 bytes, the last one cut to [2] bytes
        mov bx, [mz_header + 2]
        or bx, bx
        jz .whole
        dec ax
.whole:
        mov dx, 512
        mul dx
        add ax, bx
        adc dx, 0
        mov cx, dx
        mov dx, ax
        mov bx, [core_handle]
        mov ax, 0x4200
        int 0x21
        fail_unless jnc, CORE_FILE
        mov dx, core_header
        mov cx, CORE_HEADER_SIZE
        call read_file
        cmp dword [core_header + HEADER_magic], CORE_MAGIC
        fail_unless je, CORE_DAMAGED
        cmp dword [core_header + HEADER_fingerprint], LAYOUT_FINGERPRINT
        fail_unless je, CORE_MISMATCH
        mov eax, [core_header + HEADER_memory_bytes]
        cmp eax, CORE_BYTES_MAX
        fail_unless jbe, CORE_DAMAGED
        test eax, PAGE_BYTES - 1
        fail_unless jz, CORE_DAMAGED
        cmp eax, [core_header + HEADER_file_bytes]
        fail_unless jae, CORE_DAMAGED
        ret

; In: DX=buffer, CX=bytes. Fails when there are fewer. Changes AX, BX.
read_file:
        mov bx, [core_handle]
        mov ah, 0x3F
        int 0x21
        fail_unless jnc, CORE_FILE
        cmp ax, cx
        fail_unless je, CORE_DAMAGED
        ret

; Finds the place: the top of the highest extent that holds core and tables, since low extended memory is what
; programs with 16-bit DMA and old extenders can use. Changes EAX, CX, EDX, SI, EDI.
place_core:
        mov edx, [core_header + HEADER_memory_bytes]
        add edx, BOOT_TABLE_PAGES * PAGE_BYTES
        mov [boot_info + BOOT_core_bytes], edx
        xor edi, edi                            ; best base so far
        mov si, boot_info + BOOT_extents
        mov cx, [boot_info + BOOT_extent_count]
.next:
        mov eax, [si + EXTENT_bytes]
        sub eax, edx
        jb .no
        add eax, [si + EXTENT_base]
        cmp eax, edi
        jb .no
        mov edi, eax
.no:
        add si, EXTENT_SIZE
        loop .next
        mov [boot_info + BOOT_core_physical], edi
        shr edx, 10
        mov [insert_number], edx
        or edi, edi
        fail_unless jnz, TOO_LITTLE
        ret

; The image, in chunks; then zeros to the end of its memory. Changes EAX, EBX, ECX, EDX, ESI, EDI.
copy_core:
        mov eax, [core_header + HEADER_file_bytes]
        mov [core_left], eax
        mov bx, [core_handle]                   ; back to the header, which is part of the image
        mov ax, 0x4201
        mov cx, -1
        mov dx, -CORE_HEADER_SIZE
        int 0x21
        mov edi, [boot_info + BOOT_core_physical]
.chunk:
        mov ecx, CHUNK_BYTES
        cmp ecx, [core_left]
        jbe .size
        mov ecx, [core_left]
.size:
        mov dx, chunk
        push edi
        call read_file
        mov di, chunk                           ; zeros up to a whole dword
        add di, cx
        mov dword [di], 0
        pop edi
        sub [core_left], ecx
        add ecx, 3
        and ecx, ~3
        call copy_chunk
        cmp dword [core_left], 0
        jne .chunk

        call clear_chunk
        mov edx, [boot_info + BOOT_core_physical]
        add edx, [core_header + HEADER_memory_bytes]
.zeros:
        mov ecx, edx
        sub ecx, edi
        jz .done
        cmp ecx, CHUNK_BYTES
        jbe .clear
        mov ecx, CHUNK_BYTES
.clear:
        call copy_chunk
        jmp short .zeros
.done:
        ret

; Fills `chunk` with zeros. Changes EAX, CX.
clear_chunk:
        push di
        mov di, chunk
        mov cx, CHUNK_BYTES / 4
        xor eax, eax
        rep stosd
        pop di
        ret

; Directory, low table and core table, one page each, behind the core in this order. Changes EAX, CX, EDX, ESI, EDI.
build_tables:
        mov edi, [boot_info + BOOT_core_physical]
        add edi, [core_header + HEADER_memory_bytes]
        mov [boot_info + BOOT_directory_physical], edi

        call clear_chunk
        lea eax, [edi + PAGE_BYTES + (PAGE_P | PAGE_W | PAGE_U | PAGE_A)]
        mov [chunk], eax
        lea eax, [edi + 2 * PAGE_BYTES + (PAGE_P | PAGE_W | PAGE_A)]
        mov [chunk + (CORE_BASE >> 22) * 4], eax
        lea eax, [edi + (PAGE_P | PAGE_W | PAGE_A | PAGE_D)]
        mov [chunk + RECURSIVE_SLOT * 4], eax
        call .store

        call clear_chunk
        mov eax, PAGE_P | PAGE_W | PAGE_U | PAGE_A | PAGE_D
        mov cx, LOW_END / PAGE_BYTES
        call .map
        call .store

        call clear_chunk
        mov eax, [boot_info + BOOT_core_physical]
        or al, PAGE_P | PAGE_W | PAGE_A | PAGE_D
        mov ecx, [boot_info + BOOT_core_bytes]
        shr ecx, 12
        call .map
; Writes the page in `chunk` to EDI.
.store:
        mov ecx, PAGE_BYTES
        jmp copy_chunk
; CX entries from EAX on.
.map:
        mov si, chunk
.entry:
        mov [si], eax
        add si, 4
        add eax, PAGE_BYTES
        loop .entry
        ret

section .bss
core_handle:
        resw 1
mz_header:
        resb 6
        alignb 4
core_left:
        resd 1
core_header:
        resb CORE_HEADER_SIZE
