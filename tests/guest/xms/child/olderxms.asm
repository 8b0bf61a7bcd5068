; An XMS driver for CONFIG.SYS that has what Ferrite has not, upper memory blocks (a piece of its own memory stands in for
; it), and counts A20 enables: the older driver in front of which Ferrite serves. INT 2Fh 43FFh tells its entry, and that
; upper memory may be given out from now on: not to DOS, which would make it part of its chain of memory blocks.
; INT 2Fh 43FEh: DX=handle of the largest block.
        cpu     386
        bits    16
        org     0

HANDLES     equ 20
UPPER_PARAS equ 80h                     ; upper memory, paragraphs
UPPERS      equ 4                       ; blocks in it at most

start:
        dd      -1
        dw      8000h                   ; a character device
        dw      strategy, interrupt
        db      "OLDERXM$"

request:    dd 0
old_2f:     dd 0
hma_used:   db 0
a20_global: db 0
a20_local:  dw 0
memory_kib: dd 0                        ; above the HMA
upper:      dw 0                        ; segment
upper_on:   db 0

; Blocks: KiB, first KiB above the HMA, locks, used.
            struc block
.kib:       resd 1
.base:      resd 1
.locks:     resb 1
.used:      resb 1
            endstruc
blocks:     times HANDLES * block_size db 0
; Upper blocks: segment (0: none), paragraphs.
uppers:     times UPPERS dd 0

strategy:
        mov     [cs:request], bx
        mov     [cs:request + 2], es
        retf

interrupt:
        pushad
        push    ds
        push    es
        push    cs
        pop     ds
        les     bx, [request]
        mov     dx, 8103h               ; unknown command
        cmp     byte [es:bx + 2], 0
        jne     .end
        mov     word [es:bx + 14], end
        mov     [es:bx + 16], cs
        mov     ah, 88h
        int     15h
        movzx   eax, ax
        sub     eax, 64
        mov     [memory_kib], eax
        mov     ax, cs
        add     ax, (upper_memory - start) / 16
        mov     [upper], ax
        push    es
        mov     ax, 352Fh
        int     21h
        mov     [old_2f], bx
        mov     [old_2f + 2], es
        pop     es
        mov     dx, int_2f
        mov     ax, 252Fh
        int     21h
        mov     bx, [request]
        mov     dx, 100h
.end:
        mov     [es:bx + 3], dx
        pop     es
        pop     ds
        popad
        retf

int_2f:
        cmp     ax, 4300h
        je      .there
        cmp     ax, 4310h
        je      .entry
        cmp     ax, 43FFh
        je      .upper
        cmp     ax, 43FEh
        je      .largest
        jmp     far [cs:old_2f]
.there:
        mov     al, 80h
        iret
.largest:
        push    eax
        push    cx
        push    si
        xor     eax, eax
        mov     cx, 1
        mov     si, blocks
.next:
        cmp     [cs:si + block.kib], eax
        jbe     .smaller
        mov     eax, [cs:si + block.kib]
        mov     dx, cx
.smaller:
        add     si, block_size
        inc     cx
        cmp     cx, HANDLES
        jbe     .next
        pop     si
        pop     cx
        pop     eax
        iret
.upper:
        mov     byte [cs:upper_on], 1
.entry:
        push    cs
        pop     es
        mov     bx, entry
        iret

entry:
        jmp     short .hooked
        nop
        nop
        nop
.hooked:
        push    fs
        push    ds
        push    es
        push    di
        push    cx
        push    ds
        pop     fs                      ; the caller's
        push    cs
        pop     ds
        movzx   di, ah
        cmp     di, 12h + 1
        jb      .known
        and     di, 7Fh
        cmp     ah, 88h
        je      .known
        cmp     ah, 89h
        je      .known
        cmp     ah, 8Eh
        je      .known
        cmp     ah, 8Fh
        jne     .unknown
.known:
        test    ah, 80h
        jnz     .wide
        ; 16-bit forms of what is a KiB number
        cmp     ah, 9
        jne     .not_allocate
        movzx   edx, dx
.not_allocate:
        cmp     ah, 0Fh
        jne     .wide
        movzx   ebx, bx
.wide:
        add     di, di
        call    [functions + di]
        jmp     .end
.unknown:
        call    not_there
.end:
        pop     cx
        pop     di
        pop     es
        pop     ds
        pop     fs
        retf

functions:
        dw      version, hma_request, hma_release, global_on, global_off, local_on, local_off, a20_query
        dw      query, allocate, free, move, lock_block, unlock, information, resize
        dw      upper_request, upper_release, upper_resize

good:
        mov     ax, 1
        mov     bl, 0
        ret
; refuse CODE
%macro refuse 1
        xor     ax, ax
        mov     bl, %1
        ret
%endmacro
not_there:
        refuse  80h

version:
        mov     ax, 300h
        mov     bx, 99h
        mov     dx, 1
        ret

hma_request:
        cmp     byte [hma_used], 0
        jne     .used
        mov     byte [hma_used], 1
        jmp     good
.used:
        refuse  91h
hma_release:
        cmp     byte [hma_used], 1
        jne     .free
        mov     byte [hma_used], 0
        jmp     good
.free:
        refuse  93h

global_on:
        mov     byte [a20_global], 1
        jmp     line_on
global_off:
        mov     byte [a20_global], 0
        jmp     line_off
local_on:
        inc     word [a20_local]
line_on:
        push    ax
        in      al, 92h
        and     al, 0FEh
        or      al, 2
        out     92h, al
        pop     ax
        jmp     good
local_off:
        cmp     word [a20_local], 0
        jne     .some
        refuse  82h
.some:
        dec     word [a20_local]
line_off:
        mov     al, [a20_global]
        or      al, [a20_local]
        or      al, [a20_local + 1]
        jz      .off
        refuse  94h
.off:
        in      al, 92h
        and     al, 0FCh
        out     92h, al
        jmp     good
a20_query:
        push    es
        push    ds
        xor     ax, ax
        mov     ds, ax
        dec     ax
        mov     es, ax
        mov     ax, [es:510h]
        not     word [ds:500h]
        cmp     ax, [es:510h]
        not     word [ds:500h]
        sete    al
        mov     ah, 0
        mov     bl, 0
        pop     ds
        pop     es
        ret

; DX=handle to DI=block. CF=1 when there is none (AX, BL set).
find:
        cmp     dx, HANDLES
        ja      .bad
        mov     di, dx
        dec     di
        js      .bad
        imul    di, block_size
        add     di, blocks
        cmp     byte [di + block.used], 1
        jne     .bad
        clc
        ret
.bad:
        xor     ax, ax
        mov     bl, 0A2h
        stc
        ret

; EAX=largest hole, ECX=its first KiB, EDX=all that is free. Holes begin at 0 and behind blocks.
holes:
        push    ebx
        push    esi
        push    edi
        push    ebp
        mov     edx, [memory_kib]
        mov     si, blocks
        mov     bp, HANDLES
.sum:
        sub     edx, [si + block.kib]
        add     si, block_size
        dec     bp
        jnz     .sum
        push    edx
        xor     ebx, ebx
        xor     eax, eax                ; best so far
        xor     ecx, ecx
        call    .try
        mov     si, blocks
        mov     bp, HANDLES
.next:
        cmp     dword [si + block.kib], 0
        je      .skip
        mov     ebx, [si + block.base]
        add     ebx, [si + block.kib]
        call    .try
.skip:
        add     si, block_size
        dec     bp
        jnz     .next
        pop     edx
        pop     ebp
        pop     edi
        pop     esi
        pop     ebx
        ret
; EBX=first KiB of a hole: how far is it to the next block?
.try:
        push    si
        push    bp
        mov     edi, [memory_kib]
        mov     si, blocks
        mov     bp, HANDLES
.block:
        cmp     dword [si + block.kib], 0
        je      .above
        cmp     [si + block.base], ebx
        jb      .above
        cmp     [si + block.base], edi
        jae     .above
        mov     edi, [si + block.base]
.above:
        add     si, block_size
        dec     bp
        jnz     .block
        sub     edi, ebx
        cmp     edi, eax
        jbe     .less
        mov     eax, edi
        mov     ecx, ebx
.less:
        pop     bp
        pop     si
        ret

; 08h, 88h (whose ECX nobody needs of this driver). INT 15h 88h told of less than 64 MiB.
query:
        call    holes
        mov     bl, 0
        or      eax, eax
        jnz     .end
        mov     bl, 0A0h
.end:
        ret

allocate:
        push    edx
        call    holes
        pop     edx
        cmp     edx, eax
        ja      .full
        mov     di, blocks
        mov     ax, 1
.next:
        cmp     byte [di + block.used], 0
        je      .found
        add     di, block_size
        inc     ax
        cmp     ax, HANDLES
        jbe     .next
        refuse  0A1h
.full:
        refuse  0A0h
.found:
        mov     [di + block.kib], edx
        mov     [di + block.base], ecx
        mov     word [di + block.locks], 100h
        mov     dx, ax
        jmp     good

free:
        call    find
        jc      .end
        cmp     byte [di + block.locks], 0
        jne     .locked
        mov     byte [di + block.used], 0
        mov     dword [di + block.kib], 0
        jmp     good
.locked:
        refuse  0ABh
.end:
        ret

lock_block:
        call    find
        jc      .end
        inc     byte [di + block.locks]
        mov     edi, [di + block.base]
        add     edi, 1024 + 64
        shl     edi, 10
        mov     bx, di
        shr     edi, 16
        mov     dx, di
        mov     ax, 1
.end:
        ret
unlock:
        call    find
        jc      .end
        cmp     byte [di + block.locks], 0
        je      .not
        dec     byte [di + block.locks]
        jmp     good
.not:
        refuse  0AAh
.end:
        ret

information:
        call    find
        jc      .end
        mov     bh, [di + block.locks]
        mov     bl, HANDLES
        mov     edx, [di + block.kib]
        mov     ax, 1
.end:
        ret

; By the BIOS, for the shell, which swaps itself out.
move:
        push    si
        push    dx
        mov     edx, [fs:si + 6]
        mov     cx, [fs:si + 4]
        call    address
        mov     bl, 0A3h
        jc      .refused
        mov     [from], edx
        mov     edx, [fs:si + 12]
        mov     cx, [fs:si + 10]
        call    address
        mov     bl, 0A5h
        jc      .refused
        mov     [into], edx
        mov     edx, [fs:si]
.piece:
        mov     ecx, 8000h
        cmp     edx, ecx
        jae     .some
        mov     ecx, edx
.some:
        jecxz   .done
        mov     si, from
        mov     di, tables + 10h
        call    describe
        mov     si, into
        mov     di, tables + 18h
        call    describe
        push    ecx
        push    edx
        shr     cx, 1
        push    cs
        pop     es
        mov     si, tables
        mov     ah, 87h
        int     15h
        pop     edx
        pop     ecx
        sub     edx, ecx
        jmp     .piece
.done:
        pop     dx
        pop     si
        jmp     good
.refused:
        pop     dx
        pop     si
        xor     ax, ax
        ret

; CX=handle, EDX=offset: EDX=physical address, or CF=1 when [FS:SI] bytes from there are not in the block. Changes EAX, CX, DI.
address:
        jcxz    .conventional
        xchg    cx, dx
        call    find
        mov     dx, cx
        jc      .end
        mov     eax, [fs:si]
        add     eax, edx
        jc      .end
        mov     ecx, [di + block.kib]
        shl     ecx, 10
        cmp     ecx, eax
        jb      .end
        mov     eax, [di + block.base]
        add     eax, 1024 + 64
        shl     eax, 10
        add     edx, eax
.end:
        ret
.conventional:
        movzx   eax, dx
        shr     edx, 16
        shl     edx, 4
        add     edx, eax
        clc
        ret

; A descriptor at DI for the address at SI, which goes on by ECX. Changes EAX.
describe:
        mov     word [di], 0FFFFh
        mov     eax, [si]
        add     [si], ecx
        mov     [di + 2], ax
        shr     eax, 16
        mov     [di + 4], al
        mov     byte [di + 5], 93h
        mov     [di + 7], ah
        ret

from:       dd 0
into:       dd 0
tables:     times 48 db 0

; Nobody needs it of this driver.
resize:
        call    find
        jc      .end
        refuse  80h
.end:
        ret

upper_request:
        cmp     byte [upper_on], 1
        jne     not_there
        call    find_room
        cmp     dx, cx
        ja      .smaller
        mov     di, uppers
        mov     cx, UPPERS
.next:
        cmp     word [di], 0
        je      .found
        add     di, 4
        loop    .next
        mov     dx, 0
        refuse  0B1h
.smaller:
        mov     dx, cx
        jcxz    .none
        refuse  0B0h
.none:
        refuse  0B1h
.found:
        mov     [di], ax
        mov     [di + 2], dx
        mov     bx, ax
        mov     ax, 1
        ret

; AX=segment behind the last upper block, CX=paragraphs from there.
find_room:
        mov     ax, [upper]
        push    di
        mov     di, uppers
        mov     cx, UPPERS
.next:
        push    cx
        mov     cx, [di]
        jcxz    .skip
        add     cx, [di + 2]
        cmp     cx, ax
        jbe     .skip
        mov     ax, cx
.skip:
        pop     cx
        add     di, 4
        loop    .next
        mov     cx, [upper]
        add     cx, UPPER_PARAS
        sub     cx, ax
        pop     di
        ret

; DX=segment to DI=entry; CF=1 when there is none.
find_upper:
        mov     di, uppers
        mov     cx, UPPERS
.next:
        cmp     [di], dx
        je      .found
        add     di, 4
        loop    .next
        stc
        ret
.found:
        clc
        ret

upper_release:
        call    find_upper
        jc      bad_upper
        mov     word [di], 0
        jmp     good
bad_upper:
        refuse  0B2h

; The last block only can grow.
upper_resize:
        push    bx
        call    find_upper
        pop     bx
        jc      bad_upper
        call    find_room
        push    dx
        add     dx, [di + 2]
        cmp     dx, ax
        pop     dx
        je      .last
        xor     cx, cx
.last:
        add     cx, [di + 2]
        cmp     bx, cx
        ja      .smaller
        mov     [di + 2], bx
        jmp     good
.smaller:
        mov     dx, cx
        refuse  0B0h

        align   16
upper_memory:
        times   UPPER_PARAS * 16 db 0
end:
