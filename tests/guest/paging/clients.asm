; A hundred clients one after another that page to disk: no page, slot, handle or DOS memory is lost, and the swap file is
; gone after them.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; plan: 17
; whole: yes
; timeout: 3000
; boot: own

%define RUNS         100
%define OVER_SHIFT   4
%define CHILD_EXIT   2Ah
%define PARENT_HOOKS
%include "vm86/victim.inc"
%include "overcommit.inc"

child_ends:
        call    take_too_much
        mov     ax, 4C2Ah
        int     21h

parent_begins:
        ret
parent_judges:
        call    no_file
        expect_equal16 ax, 0, "the swap file is gone"
        ret
