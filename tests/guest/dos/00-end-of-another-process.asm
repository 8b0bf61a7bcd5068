; INT 21h 00h with a PSP of the client's making (55h) current: that process ends, and the call returns, as loaders of
; Windows programs have it. The parent in the PSP may be a selector.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 9

%include "dpmi.inc"

PSP_PARENT equ 16h

main:
        xor     ax, ax
        mov     es, ax
        mov     eax, [es:22h * 4]
        mov     [terminate], eax
        call    enter_protected_mode
        mov     ah, 51h
        int     21h
        mov     [own], bx
        call    end_a_child
        mov     byte [with_selector], 1
        call    end_a_child
        mov     ax, 0200h
        mov     bl, 22h
        int     31h
        shl     ecx, 16
        mov     cx, dx
        expect_equal ecx, [terminate], "vector 22h is what it was"
        jmp     finish

end_a_child:
        mov     ax, 0100h
        mov     bx, 11h
        int     31h
        expect_flag nc, "0100h: room for a PSP"
        mov     [child], dx
        mov     ah, 55h
        xor     si, si
        int     21h
        mov     ah, 50h
        mov     bx, [child]
        int     21h
        mov     ah, 51h
        int     21h
        cmp     bx, [own]
        expect_flag ne, "55h and 50h: another PSP is current"
        cmp     byte [with_selector], 0
        je      .end
        push    es
        mov     es, [child]
        mov     ax, [own]
        mov     [es:PSP_PARENT], ax
        pop     es
.end:
        mov     ah, 00h
        int     21h
        expect_flag nc, "00h: returns"
        mov     ah, 51h
        int     21h
        cmp     bx, [own]
        expect_flag e, "00h: the parent's PSP is current"
        ret

section .data
with_selector: db 0

section .bss
terminate: resd 1
own:    resw 1
child:  resw 1
