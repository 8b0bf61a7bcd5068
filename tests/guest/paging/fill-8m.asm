; Demand paging: 10 MiB on a machine with 8 MiB are filled and verified in order, backwards and at random, page by
; page through the swap file (DPMI 0.9, chapter on virtual memory; 0501h).
; expect: pass
; machines: qemu
; memory: 8
; host-args: /SWAP=C:\,20M
; width: 32
; timeout: 200
; boot: own

%define FILL_MIB 10
%include "dpmi.inc"

main:
        call    enter_protected_mode
        call    fill_all
        jmp     finish

%include "fill.inc"
