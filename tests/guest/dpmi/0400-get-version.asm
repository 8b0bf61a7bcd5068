; INT 31h 0400h, Get Version (DPMI 0.9): at least 0.90; a 386 host, without real mode
; for reflection where it says so; the processor; the PIC's bases as the BIOS has them.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 8
; service: 0400

%include "dpmi.inc"

main:
        call    enter_protected_mode
        service 0400h
        call    call_service
        accepted "get the version", R_EBX | R_ECX | R_EDX
        mov     ax, [out_ax]
        cmp     ax, 005Ah
        expect_flag ae, "it is 0.90 or later"
        expect_equal16 [out_ax], [host_version], "it is what 1687h said"
        test    word [out_bx], 1
        expect_flag nz, "BX bit 0: the host is a 32-bit one"
        mov     ax, [out_bx]
        movzx   eax, ax
        comment_value "flags:", eax
        mov     al, [out_cx]
        cmp     al, [host_processor]
        expect_flag e, "the processor is what 1687h said"
        cmp     al, 3
        expect_flag ae, "it is a 386 or later"
        mov     ax, [out_dx]
        expect_equal16 ax, 0870h, "the PICs' bases are 08h and 70h"
        jmp     finish
