; A client that faults inside an event procedure, called by a mouse driver.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define PARENT_HOOKS
%include "vm86/victim.inc"
%include "mouse/driver.inc"

parent_begins:
        jmp     driver_install
parent_judges:
        xor     ax, ax
        mov     es, ax
        jmp     driver_remove

child_ends:
        push    cs
        pop     es
        mov     cx, 1
        mov     edx, event
        mov     ax, 0Ch
        int     33h
        mov     ax, 5500h
        int     33h
        jmp     $
event:
        ud2
        jmp     $
