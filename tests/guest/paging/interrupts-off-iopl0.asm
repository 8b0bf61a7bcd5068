; Pages come in from the swap file for a client that has interrupts off (0900h; at IOPL 0, where CLI traps): DOS has them on meanwhile, the client's
; handlers are not called, and what came is served when the client has them on again.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /IOPL=0
; width: 16 32
; plan: 8
; timeout: 120
; boot: own

%include "interrupts-off.inc"
