; xms/a20 with the line on and never switched (/A20=ON).
; expect: pass
; machines: qemu bochs
; host-args: /A20=ON
; plan: 50

%define A20_NUMBER 1
%include "xms/a20.asm"
