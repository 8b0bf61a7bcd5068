; The debug calls of the test build (INT 31h AH=FEh) are none in FERRITE.EXE: refused like any function that does not exist.
; expect: pass
; machines: qemu dosbox-x
; width: 16 32
; plan: 12

%include "dpmi.inc"

main:
        call    enter_protected_mode
  %assign number 0FE00h
  %rep 6
        service number
        call    call_service
        refused "a debug call is refused", 8001h
    %assign number number + 3
  %endrep
        jmp     finish
