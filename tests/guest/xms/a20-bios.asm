; xms/a20 with the line switched by INT 15h 24xxh (/A20=BIOS).
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /A20=BIOS
; plan: 50

%define A20_NUMBER 1
%include "xms/a20.asm"
