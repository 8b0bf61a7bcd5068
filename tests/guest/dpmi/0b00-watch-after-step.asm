; INT 31h 0B00h on a real-mode stack, after a single step: no processor clears DR6's bit for it, and a watchpoint that is met later is
; no step all the same.
; expect: pass
; machines: qemu bochs
; width: 16 32
; plan: 7

%define STEP_FIRST
%include "dpmi/0b00-watch-real-mode-stack.asm"
