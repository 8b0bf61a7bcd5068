; Clients that start clients, each of which takes half as much again as the machine has: each finds its own as it was.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M
; width: 16 32
; plan: 4
; timeout: 200
; boot: own

%define DEPTH 3
%include "dpmi.inc"
%include "fill.inc"

main:
        cmp     byte [80h], 2
        jb      .first
        mov     al, [82h]
        sub     al, 'a'
        mov     [level], al
.first:
        call    find_own_name
        call    enter_protected_mode
        call    half_as_many_again
        call    allocate_pages
        jc      .refused
        movzx   eax, byte [level]
        inc     eax
        mov     [round], eax
        mov     eax, [pages]
        mov     [count], eax
        mov     word [order], upwards
        mov     word [what], fill_page
        call    every_page
        mov     al, [level]
        inc     al
        cmp     al, DEPTH
        jae     .last
        add     al, 'a'
        mov     [tail + 2], al
        call    execute
        jc      .refused
.last:
        mov     word [what], check_page
        call    every_page
        cmp     byte [level], 0
        je      .judge
        mov     eax, [wrong]
        or      ax, [below]
        jz      .end
        mov     al, 1
.end:
        mov     ah, 4Ch
        int     21h
.refused:
        cmp     byte [level], 0
        je      .judge_refusal
        mov     ax, 4C77h
        int     21h
.judge:
        passed  "it had its memory, and the next one was started"
        expect_equal16 [below], 0, "all below it found everything right"
        expect_equal [wrong], 0, "it finds everything right"
        mov     word [order], downwards
        call    every_page
        expect_equal [wrong], 0, "and once more, downwards"
        jmp     finish
.judge_refusal:
        failed  "it had its memory, and the next one was started"
        jmp     finish

; execute: this program again, by DOS's 4B00h through 0300h. Out: CF; [below] = its exit code.
execute:
        mov     ax, [real_segment]
        mov     [parameters + 4], ax
        mov     [parameters + 8], ax
        mov     [parameters + 12], ax
        push    ds
        pop     es
        mov     eax, 4B00h
        call    dos_call
        test    byte [call_flags], FLAG_CARRY
        stc
        jnz     .end
        mov     eax, 4D00h
        call    dos_call
        mov     ax, [call_eax]
        mov     [below], ax
        clc
.end:
        ret

dos_call:
        push    eax
        call    clear_call
        pop     dword [call_eax]
        mov     dword [call_ebx], parameters
        mov     dword [call_edx], own_name
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_es], ax
        mov     [call_ss], ax
        mov     word [call_sp], real_stack_top
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        ret

find_own_name:
        mov     es, [2Ch]
        xor     di, di
        xor     al, al
        mov     cx, 8000h
.variable:
        repne   scasb
        cmp     [es:di], al
        jne     .variable
        add     di, 3
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
tail:             db 2, " b", 13
parameters:       dw 0, tail, 0, 5Ch, 0, 6Ch, 0
level:            db 0
below:            dw 0

section .bss
own_name:         resb 128
section .text
