; Descriptors of 0002h "should never be modified or freed" (DPMI 0.9, 0002h). A
; host that let a program do so would give the next program a wrong 0040h, so the
; services refuse with 8022h and the descriptor stays as it was.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 13
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
        service 0007h
        call    use_selector
        refused "0007h changes its base", 8022h
        service 0008h
        call    use_selector
        mov     word [in_cx], 0
        call    call_service
        refused "0008h changes its limit", 8022h
        service 0009h
        mov     word [in_cx], 0F2h
        call    use_selector
        refused "0009h changes its access rights", 8022h

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
.gone:
        jmp     finish

use_selector:
        mov     ax, [selector]
        mov     [in_bx], ax
        jmp     call_service

section .bss
selector: resw 1
kilobytes: resw 1
