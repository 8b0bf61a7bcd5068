; Random instructions, as in code.asm, of clients at IOPL 0, whose CLI, STI and port I/O the host carries out.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 21
; timeout: 240
; host-args: /IOPL=0
; image: debug-calls
; whole: yes

%include "fuzz/code.asm"
