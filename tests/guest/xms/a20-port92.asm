; xms/a20 with the line switched by port 92h (/A20=PORT92).
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /A20=PORT92
; plan: 50

%define A20_NUMBER 2
%include "xms/a20.asm"
