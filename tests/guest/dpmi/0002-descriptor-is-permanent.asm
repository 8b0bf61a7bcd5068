; Descriptors of 0002h "should never be modified or freed" (DPMI 0.9, 0002h). Freeing one
; is refused with 8022h. Changing one is not, as Windows' kernel makes data segments of
; its own of them: 0002h gives another one for the paragraph then, as it should be.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; service: 0002

%include "dpmi.inc"

main:
        int     12h
        mov     [kilobytes], ax
        call    enter_protected_mode
        mov     bx, 0040h
        int31   0002h
        mov     [selector], ax

        service 0001h
        call    use_selector
        refused "0001h frees it", 8022h
        verr    [selector]
        expect_flag z, "it can still be loaded"
        jnz     .gone
        mov     es, [selector]
        expect_equal16 [es:13h], [kilobytes], "0040:0013 is still read through it"
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 0FFFFh, "its limit is still FFFFh"
        mov     bx, 0040h
        int31   0002h
        expect_equal16 ax, [selector], "0002h still answers with it"
        mov     bx, [selector]
        int31   0006h
        expect_equal16 dx, 0400h, "its base is still 400h"

        service 0008h
        mov     word [in_cx], 8
        mov     word [in_dx], 3A9Fh
        call    use_selector
        accepted "0008h changes its limit"
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 83A9Fh, "to what was asked for"
        mov     bx, 0040h
        int31   0002h
        mov     [other], ax
        cmp     ax, [selector]
        expect_flag nz, "0002h gives another one from then on"
        movzx   ebx, word [other]
        lsl     eax, ebx
        expect_equal eax, 0FFFFh, "with a limit of FFFFh"
        mov     ax, [other]
        xchg    ax, [selector]
        mov     [other], ax
        service 0007h
        call    use_selector
        accepted "0007h changes another's base"
        mov     bx, 0040h
        int31   0002h
        cmp     ax, [selector]
        expect_flag nz, "and 0002h gives a third"
        mov     bx, [other]
        int31   0001h
        expect_flag nc, "what was changed can be freed"
.gone:
        jmp     finish

use_selector:
        mov     ax, [selector]
        mov     [in_bx], ax
        jmp     call_service

section .bss
selector: resw 1
other:    resw 1
kilobytes: resw 1
