; A timer handler (0205h, 50 times a second) that touches pages which nobody has locked, while DOS transfers for the swap file,
; reads a file for the program, and waits for a key: it waits until DOS is free, and then goes on. No page is wrong, the
; handler is never entered again before it has ended, and DOS and the BIOS's clock go on.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M
; width: 16 32
; whole: 16
; plan: 13
; timeout: 400
; boot: own

%define VECTOR 08h
%include "handler-waits.inc"
