; INT 41h by a client: Windows' kernel debugger. Loaders call it without asking (AX=004Fh would be answered with
; AX=F386h); in real mode the vector points to the first disk's parameters, so nothing may be executed there.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 3

%include "dpmi.inc"

main:
        call    enter_protected_mode
        service 004Fh, 41h
        call    call_service
        call    judge_registers
        expect_equal [judged], 0, "is a debugger there: keeps the registers, so none is"
        service 0159h, 41h
        call    call_service
        call    judge_registers
        expect_equal [judged], 0, "a program was loaded: keeps the registers"
        mov     ax, 4Fh
        xor     bx, bx
        int     41h
        cmp     bx, 0
        expect_flag e, "and again, through the instruction"
        jmp     finish
