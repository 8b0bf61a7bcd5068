; Demand paging: four times as much as the machine has is filled, verified and changed in order, downwards, in strides, at
; random and in a loop, as in paging/fill-more.
; expect: pass
; machines: qemu bochs dosbox-x
; memory: 8 16 64
; disk: 400
; whole: yes
; width: 32
; timeout: 9000
; boot: own
; plan: 10

%include "dpmi.inc"
%include "fill.inc"

main:
        call    enter_protected_mode
        call    machine_pages
        shl     eax, 2
        mov     [pages], eax
        call    fill_all
        jmp     finish
