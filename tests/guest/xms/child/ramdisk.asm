; A RAM disk of 1 MiB in extended memory: a block device driver for CONFIG.SYS that moves its sectors by the XMS driver.
        cpu     386
        bits    16
        org     0

KIB     equ     1024

        dd      -1
        dw      0                       ; a block device
        dw      strategy, interrupt
        db      1, "XMSTEST"

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
        mov     al, [es:bx + 2]
        mov     dx, 8103h               ; unknown command
        cmp     al, 0
        je      .init
        cmp     al, 1
        je      .media
        cmp     al, 2
        je      .parameters
        cmp     al, 4
        je      .read
        cmp     al, 8
        je      .write
        cmp     al, 9
        je      .write
        jmp     .end
.init:
        call    start
        jmp     .end
.media:
        mov     byte [es:bx + 14], 1    ; not changed
        jmp     .done
.parameters:
        mov     word [es:bx + 18], bpb
        mov     [es:bx + 20], cs
        jmp     .done
.read:
        call    prepare
        mov     [into_offset], eax
        mov     [source_offset], ecx
        mov     [into], word 0
        mov     ax, [handle]
        mov     [source], ax
        jmp     .move
.write:
        call    prepare
        mov     [source_offset], eax
        mov     [into_offset], ecx
        mov     [source], word 0
        mov     ax, [handle]
        mov     [into], ax
.move:
        call    move
        mov     dx, 810Ch               ; general failure
        cmp     ax, 1
        jne     .end
.done:
        mov     dx, 100h
.end:
        les     bx, [request]
        mov     [es:bx + 3], dx
        pop     es
        pop     ds
        popad
        retf

; EAX=transfer address, ECX=offset in the block; the length is set.
prepare:
        movzx   eax, word [es:bx + 18]
        shl     eax, 9
        mov     [length], eax
        movzx   ecx, word [es:bx + 20]
        shl     ecx, 9
        mov     eax, [es:bx + 14]
        ret

move:
        mov     ah, 0Bh
        mov     si, length
        call    far [driver]
        ret

; What is there before the first file: boot sector, FAT, root directory. DX=status.
start:
        mov     ax, 4300h
        int     2Fh
        mov     dx, 8102h
        cmp     al, 80h
        jne     .end
        push    es
        push    bx
        mov     ax, 4310h
        int     2Fh
        mov     [driver], bx
        mov     [driver + 2], es
        pop     bx
        pop     es
        mov     ah, 9
        mov     dx, KIB
        push    bx
        call    far [driver]
        pop     bx
        mov     [handle], dx
        mov     dx, 8102h
        cmp     ax, 1
        jne     .end
        mov     ax, [handle]
        mov     [into], ax
        mov     word [source], 0
        mov     dword [length], 512
        mov     [source_offset + 2], cs
        xor     ecx, ecx
.sector:
        mov     si, zeros
        cmp     ecx, 0
        jne     .not_first
        mov     si, boot
.not_first:
        cmp     ecx, 512
        jne     .not_second
        mov     si, table
.not_second:
        mov     [source_offset], si
        mov     [into_offset], ecx
        push    bx
        push    ecx
        call    move
        pop     ecx
        pop     bx
        add     ecx, 512
        cmp     ecx, 11 * 512
        jb      .sector
        mov     byte [es:bx + 13], 1
        mov     word [es:bx + 14], zeros + 512
        mov     [es:bx + 16], cs
        mov     word [es:bx + 18], parameters
        mov     [es:bx + 20], cs
        mov     dx, 100h
.end:
        ret

parameters: dw  bpb
request:    dd  0
driver:     dd  0
handle:     dw  0
length:     dd  0
source:     dw  0
source_offset: dd 0
into:       dw  0
into_offset: dd 0

boot:       db  0EBh, 3Ch, 90h, "XMSTEST "
bpb:        dw  512                     ; bytes a sector
            db  1                       ; sectors a cluster
            dw  1                       ; boot sector
            db  1                       ; FATs
            dw  64                      ; root entries: 4 sectors
            dw  KIB * 2                 ; sectors
            db  0F8h
            dw  6                       ; sectors of the FAT
            dw  1, 1
            dd  0, 0
            times 510 - ($ - boot) db 0
            db  55h, 0AAh
table:      db  0F8h, 0FFh, 0FFh
            times 512 - 3 db 0
zeros:      times 512 db 0
