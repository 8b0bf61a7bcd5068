; Of the swap file's writes, two of three fail: one is refused, one writes only half. Nothing is lost.
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
        comment_value "writes that failed:", [refusals]
        expect_at_least [refusals], 50, "many writes failed"
        jmp     finish

judge_transfer:
        mov     byte [cs:verdict], GO_ON
        cmp     ah, 40h
        jne     .end
        inc     byte [cs:turn]
        cmp     byte [cs:turn], 3
        jb      .fails
        mov     byte [cs:turn], 0
        ret
.fails:
        push    ax
        mov     al, [cs:turn]           ; REFUSE, then HALF
        mov     [cs:verdict], al
        pop     ax
.end:
        ret

section .bss
turn:             resb 1
section .text
