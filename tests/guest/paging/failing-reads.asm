; The swap file's reads of more than a page fail, by turns with an error and by transferring half: the page that is wanted is
; read by itself, and nothing is lost.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; whole: 16
; timeout: 200
; boot: own
; plan: 11

%include "dpmi.inc"
%include "fill.inc"
%include "failing.inc"
%include "fill-hooked.inc"

main:
        call    enter_protected_mode
        call    fill_hooked
        comment_value "reads that failed:", [refusals]
        expect_at_least [refusals], 50, "many reads failed"
        jmp     finish

judge_transfer:
        mov     byte [cs:verdict], GO_ON
        cmp     ah, 3Fh
        jne     .end
        cmp     cx, 4096
        jbe     .end
        xor     byte [cs:turn], REFUSE ^ HALF
        push    ax
        mov     al, [cs:turn]
        mov     [cs:verdict], al
        pop     ax
.end:
        ret

section .data
turn:             db REFUSE
section .text
