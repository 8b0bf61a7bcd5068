; INT 2Fh 1680h, 1686h and 1687h in both modes (DPMI 1.0): 1687h says the same, 1686h
; tells the modes apart, 1680h changes AL at most.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 14
; service: 1680 1686 1687

%include "dpmi.inc"

main:
        mov     ax, 1686h
        int     2Fh
        cmp     ax, 0
        expect_flag ne, "1686h in real mode: not zero"
        mov     ax, 1687h
        xor     bx, bx
        xor     cx, cx
        xor     dx, dx
        int     2Fh
        expect_equal16 ax, 0, "1687h in real mode: a host is there"
        test    bx, 1
        expect_flag nz, "1687h: 32-bit clients are served"
        cmp     cl, 3
        expect_flag ae, "1687h: the processor is a 386 or later"
        cmp     dx, 005Ah
        expect_flag ae, "1687h: the version is 0.90 or later"
        mov     [paragraphs], si
        mov     ax, 1687h
        int     2Fh
        expect_equal16 si, [paragraphs], "1687h: the paragraphs do not change"
        push    ds
        pop     es
        mov     ax, 1680h
        int     2Fh
        cmp     al, 0
        je      .slice
        cmp     al, 80h
.slice:
        expect_flag e, "1680h in real mode: 0 or unchanged"

        call    enter_protected_mode
        service 1686h, 2Fh
        call    call_service
        mov     word [registers_free], R_EAX
        call    judge_registers
        expect_equal [judged], 0, "1686h in protected mode: keeps the registers"
        expect_equal16 [out_ax], 0, "1686h in protected mode: zero"
        service 1680h, 2Fh
        call    call_service
        mov     word [registers_free], R_EAX
        call    judge_registers
        expect_equal [judged], 0, "1680h in protected mode: keeps the registers"
        mov     al, [out_ax]
        cmp     al, 0
        je      .slice_2
        cmp     al, 80h
.slice_2:
        expect_flag e, "1680h in protected mode: 0 or unchanged"
        service 1687h, 2Fh
        call    call_service
        expect_equal16 [out_ax], 0, "1687h in protected mode: a host is there"
        test    word [out_bx], 1
        expect_flag nz, "1687h in protected mode: 32-bit clients are served"
        expect_equal16 [out_dx], [host_version], "1687h in protected mode: the same version"
        jmp     finish

section .bss
paragraphs: resw 1
