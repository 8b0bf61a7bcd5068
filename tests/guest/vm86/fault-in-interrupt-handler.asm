; A client that faults inside its handler of a software interrupt, called from real mode
; by way of 1Ch.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60
; boot: own
;
; SeaBIOS calls INT 1Ch on a stack of its own, 2 KiB, whose position it only puts back
; when the call returns. Every handler that is abandoned costs some 100 bytes of it,
; under any host and without one, so a machine stands about 20 of them.

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
