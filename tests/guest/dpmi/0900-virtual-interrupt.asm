; INT 31h 0900h to 0902h, the virtual interrupt state (DPMI 1.0): AL = the state
; before; AH is kept, so that INT 31h with the AX that came back restores it.
; Interrupts come where it is on, and do not where it is off.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 17
; service: 0900 0901 0902

%include "dpmi.inc"

main:
        call    enter_protected_mode
        sti

        service 0902h
        call    call_service
        accepted "0902h", R_IF
        expect_equal16 [out_ax], 0901h, "0902h: on, and AH as 0901h wants it"
        service 0900h
        call    call_service
        accepted "0900h", R_IF
        expect_equal16 [out_ax], 0901h, "0900h: was on"
        int31   0900h
        int31   0902h
        expect_equal16 ax, 0900h, "0902h: off"
        int31   0900h
        expect_equal16 ax, 0900h, "0900h: was off"
        int31   0901h
        expect_equal16 ax, 0900h, "0901h: was off"
        int31   0902h
        expect_equal16 ax, 0901h, "0902h: on again"
        int31   0901h
        expect_equal16 ax, 0901h, "0901h: was on"

        ; the AX that came back is the call that restores
        int31   0900h
        int     31h
        int31   0902h
        expect_equal16 ax, 0901h, "AX of 0900h restores by INT 31h: on"
        int31   0900h
        int31   0900h
        int     31h
        int31   0902h
        expect_equal16 ax, 0900h, "AX of 0900h restores by INT 31h: off"
        int31   0901h

        ; CLI and STI do the same
        cli
        int31   0902h
        expect_equal16 ax, 0900h, "after CLI it is off"
        sti
        int31   0902h
        expect_equal16 ax, 0901h, "after STI it is on"

        ; interrupts: the BIOS's clock stands still or moves
        mov     bx, 40h
        int31   0002h
        mov     fs, ax
        int31   0900h
        mov     ax, [fs:6Ch]
        call    long_wait
        sub     ax, [fs:6Ch]
        expect_equal16 ax, 0, "off: the clock stands still for 3 ticks' time"
        int31   0901h
        mov     ax, [fs:6Ch]
        mov     ecx, 80000000h
.wait:
        cmp     ax, [fs:6Ch]
        jne     .moved
        dec     ecx
        jnz     .wait
.moved:
        cmp     ax, [fs:6Ch]
        expect_flag ne, "on: it moves"
        jmp     finish

; long_wait: some 170 ms by the PIT's counter 0, which is polled: three times it wraps
; (counts of mode 3 fall by 2, twice through per tick). Keeps AX.
long_wait:
        push    ax
        push    bx
        push    cx
        mov     cx, 6
        xor     bx, bx
.sample:
        mov     al, 0
        out     43h, al
        in      al, 40h
        mov     ah, al
        in      al, 40h
        xchg    al, ah
        cmp     ax, bx
        mov     bx, ax
        jbe     .sample
        dec     cx
        jnz     .sample
        pop     cx
        pop     bx
        pop     ax
        ret
