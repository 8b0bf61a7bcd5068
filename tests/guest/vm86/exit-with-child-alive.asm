; A client's handler of the clock ends the client (4Ch) while a real-mode child of the client runs: both are ended.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; file: child/waits.asm=WAITS.COM
; plan: 16
; timeout: 90

%include "vm86/exit-with-child.inc"
