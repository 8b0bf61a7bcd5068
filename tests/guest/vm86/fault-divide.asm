; A client that dies of a division by zero (exception 00h, by way of the real-mode
; handler of interrupt 00h: DOS ends it, or the host does).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        xor     dx, dx
        xor     bx, bx
        div     bx
        jmp     $
