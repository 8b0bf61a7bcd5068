; A client's handler of the clock ends the client (4Ch) while a child of the client, a client too, runs: both are ended, and
; nothing of either is left.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; file: child/waits-as-client.asm=WAITS.COM
; plan: 16
; timeout: 90

%include "vm86/exit-with-child.inc"
