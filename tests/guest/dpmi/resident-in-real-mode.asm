; A client that ends with INT 21h 31h in real mode stays, is entered by raw switches from other programs, and ends with
; the program from within which it calls 4Ch in protected mode.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 5

%include "dpmi/resident-in-real-mode.inc"
