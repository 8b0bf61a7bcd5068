; A client that dies of an access through the null selector (#GP).
; expect: pass
; (QEMU and DOSBox-X do not check for it: the access goes to linear 0.)
; machines: bochs
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        xor     ax, ax
        mov     es, ax
        mov     al, [es:0]
        jmp     $
