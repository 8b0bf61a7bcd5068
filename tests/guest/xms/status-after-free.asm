; FERRITE /S counts as free what an XMS program gave back, though the heap keeps some of it at hand.
; expect: pass
; machines: qemu bochs dosbox-x
; boot: own
; plan: 4

%include "dpmi.inc"
%include "xms/exec.inc"

main:
        mov     ax, 4310h
        int     2Fh
        mov     [entry], bx
        mov     [entry + 2], es
        push    cs
        pop     es
        call    free_kib
        mov     [before], eax
        cmp     eax, 1024
        expect_flag ae, "/S says what is free"
        mov     ah, 09h
        mov     dx, 100
        call    far [entry]
        expect_equal16 ax, 1, "100 KiB are allocated"
        mov     ah, 0Ah
        call    far [entry]
        expect_equal16 ax, 1, "and freed"
        call    free_kib
        mov     ebx, [before]
        expect_equal eax, ebx, "as much is free as before"
        jmp     finish

; free_kib: EAX = what /S says is free.
free_kib:
        mov     ah, 3Ch
        xor     cx, cx
        mov     dx, file_name
        int     21h
        mov     [file], ax
        mov     ah, 45h
        mov     bx, 1
        int     21h
        mov     [screen], ax
        mov     ah, 46h
        mov     bx, [file]
        mov     cx, 1
        int     21h
        run_ferrite " /S"
        mov     ah, 46h
        mov     bx, [screen]
        mov     cx, 1
        int     21h
        mov     ah, 3Eh
        int     21h
        mov     bx, [file]
        mov     ax, 4200h
        xor     cx, cx
        xor     dx, dx
        int     21h
        mov     ah, 3Fh
        mov     cx, 1000
        mov     dx, text
        int     21h
        mov     ah, 3Eh
        int     21h
        xor     ebx, ebx
        mov     si, text
.look:
        cmp     dword [si], "free"
        je      .found
        inc     si
        cmp     si, text + 1000
        jb      .look
        jmp     .end
.found:
.next:
        lodsb
        cmp     al, 13
        je      .end
        sub     al, "0"
        cmp     al, 9
        ja      .next
        movzx   eax, al
        imul    ebx, 10
        add     ebx, eax
        jmp     .next
.end:
        mov     eax, ebx
        ret

file_name: db   "C:\STATUS.OUT", 0

section .bss
                alignb 4
before:         resd 1
entry:          resw 2
file:           resw 1
screen:         resw 1
text:           resb 1004
