; Real-mode vectors after a client's end: what it set with 0201h stays, so that an extender which hooks in real mode can
; unhook in protected mode; but a vector that leads to one of its callbacks, or that a client set which then died of a
; fault, is again what it was.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 8

%include "dpmi.inc"

VECTOR      equ 60h
BEFORE      equ 12345678h
HOOK        equ 11112222h

main:
        cmp     byte [80h], 2
        jae     child
        call    find_own_name
        xor     ax, ax
        mov     es, ax
        mov     eax, [es:VECTOR * 4]
        mov     [old], eax
        mov     al, 'u'
        call    run_child
        expect_equal eax, BEFORE, "hooked in real mode, unhooked with 0201h: not hooked again"
        mov     al, 's'
        call    run_child
        expect_equal eax, HOOK, "set with 0201h: stays"
        mov     al, 'c'
        call    run_child
        expect_equal eax, BEFORE, "set to a callback: as before"
        mov     al, 'f'
        call    run_child
        expect_equal eax, BEFORE, "set by a client that a fault ends: as before"
        xor     ax, ax
        mov     es, ax
        mov     eax, [old]
        mov     [es:VECTOR * 4], eax
        push    ds
        pop     es
        jmp     finish

; run_child: AL = what it is to do. EAX = the vector afterwards.
run_child:
        mov     [tail + 2], al
        xor     ax, ax
        mov     es, ax
        mov     dword [es:VECTOR * 4], BEFORE
        push    ds
        pop     es
        mov     [parameters + 4], ds
        mov     [parameters + 8], ds
        mov     [parameters + 12], ds
        mov     ax, 4B00h
        mov     bx, parameters
        mov     dx, own_name
        int     21h
        expect_flag nc, "the child was started"
        xor     ax, ax
        mov     es, ax
        mov     eax, [es:VECTOR * 4]
        push    ds
        pop     es
        ret

child:
        cmp     byte [82h], 'u'
        jne     .enter
        xor     ax, ax
        mov     es, ax
        mov     dword [es:VECTOR * 4], HOOK
        push    ds
        pop     es
.enter:
        call    enter_protected_mode
        mov     cx, BEFORE >> 16
        mov     dx, BEFORE & 0FFFFh
        cmp     byte [82h], 'u'
        je      .set
        mov     cx, HOOK >> 16
        mov     dx, HOOK & 0FFFFh
        cmp     byte [82h], 'c'
        jne     .set
        push    ds
        push    cs
        pop     ds
        mov     esi, .end
        mov     edi, call_structure
        int31   0303h
        pop     ds
        jc      .end
.set:
        mov     bl, VECTOR
        int31   0201h
        cmp     byte [82h], 'f'
        jne     .end
        ud2
.end:
        mov     ax, 4C00h
        int     21h

; find_own_name: the program's path behind its environment, copied to own_name.
find_own_name:
        mov     es, [2Ch]
        xor     di, di
        xor     al, al
        mov     cx, 8000h
.variable:
        repne   scasb
        cmp     [es:di], al
        jne     .variable
        add     di, 3                   ; the second zero and the count
        mov     si, own_name
.copy:
        mov     al, [es:di]
        mov     [si], al
        inc     si
        inc     di
        test    al, al
        jnz     .copy
        push    ds
        pop     es
        ret

section .data
parameters:     dw 0, tail, 0, 5Ch, 0, 6Ch, 0
tail:           db 2, ' u', 13

section .bss
                alignb 4
old:            resd 1
own_name:       resb 128
