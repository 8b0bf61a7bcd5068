; A client that dies with a stack that leads nowhere (#PF at a push).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        mov     edx, 0BFFF0000h
        mov     ecx, 0FFFFh
        call    segment_at
        mov     ss, ax
        mov     esp, 8000h
        push    ax
        jmp     $
