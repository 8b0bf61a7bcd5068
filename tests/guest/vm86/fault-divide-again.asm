; A client that divides by zero where real mode's INT 00h only returns, so that the instruction would fault for ever (DOSBox's does):
; the client ends.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; contains: exception 00h
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        mov     bl, 0
        mov     cx, [real_segment]
        mov     dx, only_returns
        int31   0201h
        xor     cx, cx
        mov     eax, 12345678h
        div     cx
        jmp     $

; in real mode
only_returns:
        iret
