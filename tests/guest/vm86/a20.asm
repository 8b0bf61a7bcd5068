; The A20 line as real-mode code sees it while a client is active: INT 15h 24xxh, port
; 92h and the keyboard controller switch it, the wrap at 1 MiB follows, and what each
; says agrees. It is left on or off as it was found. (Interrupts are off while it is
; switched, as DOS may live above the wrap.)
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 15

%include "vm86/realwork.inc"

%define FIRST      0                    ; state found: 1 on, 0 off
%define P92_OFF    2                    ; wrap tests after each: 1 = on
%define P92_ON     4
%define P92_READ   6                    ; port 92h bit 1 after on
%define KBC_OFF    8
%define KBC_ON     10
%define BIOS_OFF   12
%define BIOS_ON    14
%define BIOS_CF    16                   ; 2400h or 2401h refused
%define LAST       18
%define BIOS_SAYS  20                   ; 2402h's AL after on

main:
        call    run_both
        mov     si, observations
        mov     di, observations_before
        expect_equal16 [si + P92_OFF], [di + P92_OFF], "port 92h off: as without a client"
        expect_equal16 [si + P92_OFF], 0, "port 92h off: addresses wrap"
        expect_equal16 [si + P92_ON], 1, "port 92h on: they do not"
        expect_equal16 [si + P92_READ], [di + P92_READ], "port 92h reads as without a client"
        expect_equal16 [si + KBC_OFF], 0, "keyboard controller off: addresses wrap"
        expect_equal16 [si + KBC_OFF], [di + KBC_OFF], "keyboard controller off: as without a client"
        expect_equal16 [si + KBC_ON], 1, "keyboard controller on: they do not"
        expect_equal16 [si + BIOS_CF], [di + BIOS_CF], "INT 15h 24xxh answers as without a client"
        expect_equal16 [si + BIOS_OFF], [di + BIOS_OFF], "INT 15h 2400h: as without a client"
        expect_equal16 [si + BIOS_ON], 1, "INT 15h 2401h: on"
        expect_equal16 [si + BIOS_SAYS], [di + BIOS_SAYS], "INT 15h 2402h: as without a client"
        expect_equal16 [si + FIRST], [di + FIRST], "the line was as it is without a client"
        expect_equal16 [si + LAST], [si + FIRST], "the line is as it was"
        int31   0400h
        expect_flag nc, "INT 31h answers afterwards"
        jmp     finish

real_work:
        mov     si, observations
        cli
        call    wrap_test
        mov     [si + FIRST], ax

        call    port_92_off
        call    wrap_test
        mov     [si + P92_OFF], ax
        call    port_92_on
        call    wrap_test
        mov     [si + P92_ON], ax
        in      al, 92h
        and     ax, 2
        mov     [si + P92_READ], ax

        ; the controller and port 92h are an OR on some machines: both off
        call    port_92_off
        mov     bl, 0DDh
        call    controller_output
        call    wrap_test
        mov     [si + KBC_OFF], ax
        mov     bl, 0DFh
        call    controller_output
        call    wrap_test
        mov     [si + KBC_ON], ax

        mov     bl, 0DDh
        call    controller_output
        call    port_92_off
        mov     ax, 2401h
        int     15h
        setc    [si + BIOS_CF]
        cli
        call    wrap_test
        mov     [si + BIOS_ON], ax
        mov     ax, 2402h
        int     15h
        mov     ah, 0
        mov     [si + BIOS_SAYS], ax
        cli
        mov     ax, 2400h
        int     15h
        setc    [si + BIOS_CF + 1]
        cli
        call    wrap_test
        mov     [si + BIOS_OFF], ax

        ; as it was
        cmp     word [si + FIRST], 0
        je      .off
        mov     bl, 0DFh
        call    controller_output
        call    port_92_on
        jmp     .end
.off:
        mov     bl, 0DDh
        call    controller_output
        call    port_92_off
.end:
        call    wrap_test
        mov     [si + LAST], ax
        sti
        ret

; wrap_test: AX = 1 where FFFF:0510 and 0000:0500 are different memory, else 0.
wrap_test:
        push    ds
        push    es
        push    bx
        xor     ax, ax
        mov     ds, ax
        dec     ax
        mov     es, ax
        mov     bl, [500h]
        mov     bh, [es:510h]
        mov     byte [500h], 55h
        mov     byte [es:510h], 0AAh
        xor     ax, ax
        cmp     byte [500h], 0AAh
        je      .wraps
        inc     ax
        mov     [es:510h], bh
.wraps:
        mov     [500h], bl
        pop     bx
        pop     es
        pop     ds
        ret

port_92_off:
        in      al, 92h
        and     al, 0FCh
        out     92h, al
        ret
port_92_on:
        in      al, 92h
        or      al, 2
        and     al, 0FEh
        out     92h, al
        ret

; controller_output: BL to the keyboard controller's output port (command D1h).
controller_output:
        call    .ready
        mov     al, 0D1h
        out     64h, al
        call    .ready
        mov     al, bl
        out     60h, al
        call    .ready
        mov     al, 0FFh                ; a pulse of nothing: the line has settled
        out     64h, al
.ready:
        push    cx
        xor     cx, cx
.wait:
        in      al, 64h
        test    al, 2
        jz      .end
        loop    .wait
.end:
        pop     cx
        ret
