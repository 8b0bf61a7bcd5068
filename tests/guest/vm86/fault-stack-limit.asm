; A client that dies of a stack that ends (#SS), in a handler of an interrupt of its own. QEMU checks no limits, DOSBox-X none of a stack.
; expect: pass
; machines: bochs
; width: 16 32
; contains: exception 0Ch
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        set_handler 0205h, 66h, handler
        int     66h
        jmp     $
handler:
        mov     ax, [data_selector]
        movzx   eax, ax
        xor     edx, edx
        mov     dx, [real_segment]
        shl     edx, 4
        mov     ecx, 0FFFh
        call    segment_at
        mov     ss, ax
        mov     esp, 2000h
        push    ax
        jmp     $
