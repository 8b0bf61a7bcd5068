; A client that ends in real mode: AH=4Ch by a procedure of 0301h (pitfall: a client
; can die in V86).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define CHILD_EXIT 2Bh
%include "vm86/victim.inc"

child_ends:
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], real_exit
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        jmp     $
real_exit:
        mov     ax, 4C2Bh
        int     21h
