; A client that takes memory, hooks the clock and dies of an invalid opcode. The tests that name it start it from a client.
%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     bx, 10h
        xor     cx, cx
        int31   0501h
        set_handler 0205h, 08h, clock
        set_handler 0205h, 1Ch, clock
        mov     cx, 5
        int31   0000h
        ud2
        jmp     $
clock:
        interrupt_return
