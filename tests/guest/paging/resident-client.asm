; A client that stays resident from real mode and has paged to disk: its end, from within another program, takes the swap
; file with it.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; plan: 6
; timeout: 120
; boot: own

%define PAGING
%define OVER_SHIFT   4
%include "dpmi/resident-in-real-mode.inc"
section .text
%include "overcommit.inc"

section .bss
                  alignb 4
information:      resb 30h
section .text
