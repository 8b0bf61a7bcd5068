; A client that takes all the callbacks it can have and gives none back. Its exit code is the low byte of their addresses' sum. The
; tests that name it start it from a client.
%include "dpmi.inc"

main:
        call    enter_protected_mode
        xor     ebp, ebp
.next:
        push    ds
        push    ds
        pop     es
        push    cs
        pop     ds
        mov     esi, callback
        mov     edi, callback_structure
        mov     ax, 0303h
        int     31h
        pop     ds
        jc      .end
        add     bp, cx
        add     bp, dx
        jmp     .next
.end:
        mov     ax, bp
        mov     ah, 4Ch
        int     21h
callback:
        interrupt_return

section .bss
                    alignb 4
callback_structure: resb 50
section .text
