; /DMA: a block of at most 256 KiB is locked below 16 MiB, where ISA DMA reaches; a larger one leaves that memory
; alone while there is any above.
; expect: pass
; machines: qemu bochs dosbox-x
; memory: 32
; host-args: /DMA
; plan: 8

%include "xms/xms.inc"

%define LIMIT 1000000h

body:
        mov     dx, 257
        call    allocate
        mov     [large], dx
        mov     dx, 256
        call    allocate
        mov     [small], dx
        mov     dx, 1
        call    allocate
        mov     [least], dx
        mov     dx, [large]
        call    lock_it
        cmp     eax, LIMIT
        expect_flag ae, "257 KiB lie above 16 MiB"
        mov     dx, [small]
        call    lock_it
        cmp     eax, LIMIT - 256 * 1024
        expect_flag be, "256 KiB lie below"
        mov     dx, [least]
        call    lock_it
        cmp     eax, LIMIT - 1024
        expect_flag be, "and so does 1 KiB"
        mov     dx, [large]
        call    drop_it
        mov     dx, [small]
        call    drop_it
        mov     dx, [least]
        call    drop_it
        ; all above 16 MiB taken: what is large goes below
        call    free_memory
        mov     [total], eax
        mov     edx, eax
        sub     edx, 2048
        mov     ah, 89h
        call    far [xms_entry]
        mov     [large], dx
        cmp     ax, 1
        expect_flag z, "nearly all memory is one block"
        mov     dx, [large]
        jmp     free

; lock_it: DX=handle. EAX=address.
lock_it:
        mov     ah, 0Ch
        call    far [xms_entry]
        push    dx
        push    bx
        pop     eax
        ret

drop_it:
        mov     ah, 0Dh
        push    dx
        call    far [xms_entry]
        pop     dx
        jmp     free

section .bss
                alignb 4
total:          resd 1
large:          resw 1
small:          resw 1
least:          resw 1

section .text
