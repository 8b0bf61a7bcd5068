; A client that ends with its event procedures still set (INT 33h 0Ch, INT 15h C207h): the mouse driver has what it had before,
; the pointing device has none, and the next client finds everything as the first did.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 20
; timeout: 60

%define CHILD_EXIT 2Ch
%define PARENT_HOOKS
%include "vm86/victim.inc"
%include "mouse/driver.inc"

parent_begins:
        call    driver_install
        mov     dword [driver_procedure], 87654321h
        mov     word [driver_mask], 5
        ret

parent_judges:
        expect_equal [driver_procedure], 87654321h, "the driver has its old procedure"
        expect_equal16 [driver_mask], 5, "and its old events"
        expect_equal [device_procedure], 0, "the pointing device has none"
        expect_at_least [driver_events], RUNS, "each client's procedure had run"
        xor     ax, ax
        mov     es, ax
        call    driver_remove
        ret

child_ends:
        push    cs
        pop     es
        mov     cx, 1
        mov     edx, event
        mov     ax, 0Ch
        int     33h
        push    cs
        pop     es
        mov     ebx, event
        mov     ax, 0C207h
        int     15h
        mov     ax, 5500h
        int     33h
        mov     ax, 4C00h | CHILD_EXIT
        int     21h
        jmp     $
event:
        far_return
