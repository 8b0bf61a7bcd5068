; INT 21h 26h, make a PSP ("MS-DOS" extension), at a selector's segment of conventional memory: what stands there is what the same
; call made in real mode, of the program's own PSP.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 3

%include "dpmi.inc"

main:
        mov     ah, 48h
        mov     bx, 10h
        int     21h
        mov     [first], ax
        mov     dx, ax
        mov     ah, 26h
        int     21h
        call    enter_protected_mode
        mov     bx, 10h
        int31   0100h
        jc      .no_memory
        mov     [second], dx
        movzx   edx, word [first]
        shl     edx, 4
        mov     ecx, 0FFh
        call    segment_at
        mov     [first], ax

        mov     es, [second]
        xor     di, di
        mov     cx, 80h
        mov     ax, 0EEEEh
        rep     stosw
        service 2600h, 21h
        mov     ax, [second]
        mov     [in_dx], ax
        and     word [in_flags], 0FFFFh ^ FLAG_CARRY
        call    call_service
        accepted "26h: makes a PSP"
        call    compare
        expect_equal [judged], 0, "26h: like real mode's"
        jmp     finish
.no_memory:
        failed  "0100h: 256 bytes"
        jmp     finish

; compare: [judged] = the first offset that differs with both bytes, 0 if none; left out are the end of memory, the vectors 22h to
; 24h, the environment, which a client has as a selector, the stack of the last call and the file table's place.
compare:
        mov     dword [judged], 0
        mov     es, [first]
        mov     fs, [second]
        xor     di, di
.byte:
        mov     al, [es:di]
        mov     ah, [fs:di]
        cmp     al, ah
        je      .next
        cmp     di, 2
        jb      .wrong
        cmp     di, 4
        jb      .next
        cmp     di, 0Ah
        jb      .wrong
        cmp     di, 16h
        jb      .next
        cmp     di, 2Ch
        jb      .wrong
        cmp     di, 38h
        jb      .next
.wrong:
        mov     [judged], ax
        mov     [judged + 2], di
        ret
.next:
        inc     di
        cmp     di, 100h
        jb      .byte
        ret

section .bss
                alignb 4
first:          resw 1
second:         resw 1
