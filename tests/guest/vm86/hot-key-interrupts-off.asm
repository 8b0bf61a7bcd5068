; /IOPL=0: Ctrl-Alt-End ends a client that hangs with interrupts off.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; host-args: /IOPL=0
; contains: ended by Ctrl-Alt-End
; plan: 16
; timeout: 60

%define HANG_DISABLED
%include "vm86/hot-key.inc"
