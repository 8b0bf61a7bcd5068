; A client that ends by INT 21h AH=4Ch with all it took still taken.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define CHILD_EXIT 2Ah
%include "vm86/victim.inc"

child_ends:
        mov     ax, 4C2Ah
        int     21h
