; Ctrl-Alt-End ends a client that hangs with interrupts on, at either IOPL.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; contains: ended by Ctrl-Alt-End
; plan: 16
; timeout: 60

%include "vm86/hot-key.inc"
