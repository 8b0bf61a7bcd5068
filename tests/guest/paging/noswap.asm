; /NOSWAP: what the machine does not have is refused with 8013h, and what it has can be had afterwards.
; expect: pass
; machines: qemu
; memory: 8
; width: 32
; host-args: /NOSWAP

%include "dpmi.inc"

main:
        call    enter_protected_mode
        service 0501h
        set_pair in_bx, in_cx, 1000000h
        call    call_service
        refused "0501h: 16 MiB of 8", 8013h
        service 0501h
        set_pair in_bx, in_cx, 200000h
        call    call_service
        accepted "0501h: 2 MiB of 8", R_EBX | R_ECX | R_ESI | R_EDI
        jmp     finish
