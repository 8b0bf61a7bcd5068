; A client that faults inside its handler of a software interrupt, called from real mode
; by way of 1Ch.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        set_handler 0205h, 1Ch, bad_timer
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], wait_forever
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        jmp     $
wait_forever:
        sti
        jmp     $
bad_timer:
        ud2
        jmp     $
