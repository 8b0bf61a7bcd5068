; INT 31h 0002h, Segment to Descriptor (DPMI 0.9): a data descriptor of 64 KiB at
; segment * 16; the same segment gives the same selector each time; it cannot be
; changed or freed.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 22
; service: 0002

%include "dpmi.inc"

main:
        int     12h
        mov     [kilobytes], ax
        call    enter_protected_mode
        service 0002h
        mov     word [in_bx], 0040h
        call    call_service
        accepted "segment 0040h"
        mov     ax, [out_ax]
        mov     [selector], ax
        mov     es, ax
        expect_equal16 [es:13h], [kilobytes], "memory size is read from 0040:0013"
        push    ds
        pop     es
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 0FFFFh, "its limit is FFFFh"
        lar     eax, ebx
        and     eax, 0FE00h
        expect_equal eax, 0F200h, "it is present, ring 3, writable data"
        int31   0006h
        expect_equal16 dx, 0400h, "its base is 400h"
        expect_equal16 cx, 0, "its base is 400h, upper half"

        service 0002h
        mov     word [in_bx], 0040h
        call    call_service
        accepted "segment 0040h again"
        expect_equal16 [out_ax], [selector], "it is the same selector"
        service 0002h
        mov     word [in_bx], 0B800h
        call    call_service
        accepted "segment B800h"
        mov     ax, [out_ax]
        cmp     ax, [selector]
        expect_flag ne, "that is another selector"
        mov     bx, ax
        int31   0006h
        expect_equal16 cx, 000Bh, "its base is B8000h, upper half"
        expect_equal16 dx, 8000h, "its base is B8000h"
        service 0002h
        mov     word [in_bx], 0FFFFh
        call    call_service
        accepted "segment FFFFh"
        mov     bx, [out_ax]
        int31   0006h
        expect_equal16 cx, 000Fh, "its base is FFFF0h, upper half"
        expect_equal16 dx, 0FFF0h, "its base is FFFF0h"

        ; the program's own segment
        service 0002h
        mov     ax, [real_segment]
        mov     [in_bx], ax
        call    call_service
        accepted "the program's own segment"
        mov     es, [out_ax]
        mov     dword [probe], 13579BDFh
        expect_equal [es:probe], 13579BDFh, "it shows the program's data"
        jmp     finish

section .bss
selector: resw 1
kilobytes: resw 1
          alignb 4
probe:    resd 1
