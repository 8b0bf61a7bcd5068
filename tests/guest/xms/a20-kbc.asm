; xms/a20 with the line switched by the keyboard controller (/A20=KBC).
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /A20=KBC
; plan: 50

%define A20_NUMBER 1
%include "xms/a20.asm"
