; xms/a20 with the line switched by an older XMS driver (/A20=XMS), which counts the enables too.
; expect: pass
; machines: qemu bochs
; config: DEVICE=C:\OLDERXMS.SYS
; file: child/olderxms.asm=OLDERXMS.SYS
; host-args: /A20=XMS
; plan: 50

%define A20_NUMBER 1
%include "xms/a20.asm"
