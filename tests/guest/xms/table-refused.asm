; /TABLE is refused with /DMA and with more than 128 handles (errorlevel 19), and Ferrite starts with it when nothing stands in
; the way; without it 4309h is not answered.
; expect: pass
; machines: qemu dosbox-x
; boot: own
; plan: 8

%include "xms/xms.inc"
%include "xms/exec.inc"

body:
        cmp     byte [is_client], 0
        jne     .end
        mov     ax, 4309h
        int     2Fh
        push    ds
        pop     es
        expect_equal16 ax, 4309h, "no public table without the switch"
        ferrite_ends " /U", 0, "unload"
        ferrite_ends " /TABLE /DMA", 19, "/TABLE with /DMA"
        ferrite_ends " /DMA /TABLE", 19, "/DMA with /TABLE"
        ferrite_ends " /TABLE /HANDLES=129", 19, "129 handles"
        ferrite_ends " /HANDLES=128 /TABLE", 0, "128 handles"
        mov     ax, 4309h
        int     2Fh
        push    ds
        pop     es
        cmp     al, 43h
        expect_flag e, "the table is there"
        call    find_xms
        ferrite_ends " /U", 0, "unload again"
.end:
        ret
