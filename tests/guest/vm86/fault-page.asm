; A client that dies of an access to an address that nobody allocated (#PF).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        call    flat_segment
        mov     es, ax
        mov     ebx, 0BFFF0000h
        mov     al, [es:ebx]
        jmp     $
