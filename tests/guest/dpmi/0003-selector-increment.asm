; INT 31h 0003h, Get Selector Increment Value (DPMI 0.9): a power of two; on every
; host with an LDT it is 8.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 3
; service: 0003

%include "dpmi.inc"

main:
        call    enter_protected_mode
        service 0003h
        call    call_service
        accepted "get the increment"
        expect_equal16 [out_ax], 8, "it is 8"
        jmp     finish
