; The swap file is on a floppy disk in drive A:. (Bochs makes every turn of the disk wait.)
; expect: pass
; machines: qemu
; host-args: /MEM=2M /SWAP=A:\
; floppy: blank
; width: 32
; plan: 10
; timeout: 400
; boot: own

%include "dpmi.inc"
%include "fill.inc"

main:
        call    enter_protected_mode
        call    machine_pages
        mov     ecx, eax
        shr     ecx, 2
        add     eax, ecx
        mov     [pages], eax
        call    fill_all
        jmp     finish
