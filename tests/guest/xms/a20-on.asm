; xms/a20 with the line on and never switched (/A20=ON).
; expect: pass
; machines: qemu bochs
; host-args: /A20=ON
; plan: 48

%include "xms/a20.asm"
