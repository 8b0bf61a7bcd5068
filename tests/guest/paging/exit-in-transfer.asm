; A client that ends by INT 21h AH=4Ch in a timer handler that interrupts DOS on its way to the swap file.
; expect: pass
; machines: qemu bochs
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; plan: 18
; timeout: 200
; boot: own

%define CHILD_EXIT   2Dh
%define PARENT_HOOKS
%include "vm86/victim.inc"
%include "overcommit.inc"
%include "in-transfer.inc"

in_transfer:
        mov     ax, 4C2Dh
        int     21h
