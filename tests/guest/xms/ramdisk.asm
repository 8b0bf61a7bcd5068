; CONFIG.SYS with DOS=HIGH and a RAM disk that lives in XMS memory, by a driver of our own: a file of 300 KiB is
; written to it and read back, in real mode and while this program is a client.
; expect: pass
; machines: qemu bochs
; host: device
; config: DOS=HIGH
; config: DEVICE=C:\RAMDISK.SYS
; file: child/ramdisk.asm=RAMDISK.SYS
; plan: 10
; timeout: 60

%include "xms/xms.inc"

%define CHUNK  8192
%define CHUNKS 38

body:
        mov     ah, 3Ch
        xor     cx, cx
        mov     dx, file_name
        int     21h
        expect_flag nc, "a file is made"
        mov     [file], ax
        mov     word [chunk], 0
        mov     dword [bad], 0
.write:
        call    pattern
        mov     ah, 40h
        mov     bx, [file]
        mov     cx, CHUNK
        mov     dx, buffer
        int     21h
        jc      .not_written
        cmp     ax, CHUNK
        je      .written
.not_written:
        inc     dword [bad]
.written:
        inc     word [chunk]
        cmp     word [chunk], CHUNKS
        jb      .write
        expect_equal [bad], 0, "and written"
        mov     ah, 3Eh
        mov     bx, [file]
        int     21h
        mov     ax, 3D00h
        mov     dx, file_name
        int     21h
        mov     [file], ax
        expect_flag nc, "and opened"
        mov     word [chunk], 0
.read:
        mov     ah, 3Fh
        mov     bx, [file]
        mov     cx, CHUNK
        mov     dx, buffer
        int     21h
        xor     eax, eax
        call    check
        inc     word [chunk]
        cmp     word [chunk], CHUNKS
        jb      .read
        expect_equal [bad], 0, "and holds what was written"
        mov     ah, 3Eh
        mov     bx, [file]
        int     21h
        mov     ah, 41h
        mov     dx, file_name
        int     21h
        expect_flag nc, "and deleted"
        ret

; pattern: the buffer, by [chunk].
pattern:
        mov     di, buffer
        mov     cx, CHUNK / 4
        movzx   eax, word [chunk]
.next:
        imul    eax, eax, 1664525
        add     eax, 1013904223
        stosd
        loop    .next
        ret

; check: is the buffer what `pattern` makes?
check:
        mov     si, buffer
        mov     cx, CHUNK / 4
        movzx   eax, word [chunk]
.next:
        imul    eax, eax, 1664525
        add     eax, 1013904223
        cmp     [si], eax
        jne     .wrong
        add     si, 4
        loop    .next
        ret
.wrong:
        inc     dword [bad]
        ret

section .data
file_name:      db "D:\FILE.DAT", 0

section .bss
                alignb 4
bad:            resd 1
file:           resw 1
chunk:          resw 1
                alignb 4
buffer:         resb CHUNK

section .text
