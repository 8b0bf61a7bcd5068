; A client that faults inside a real-mode callback.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define OWN_CALLBACK
%include "vm86/victim.inc"

child_ends:
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], call_back
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        jmp     $
call_back:
        call    far [cs:callback_entry]
        retf
child_callback:
        ud2
        jmp     $
