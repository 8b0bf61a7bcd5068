; INT 2Fh 4308h; XMS 3.0 functions 03h to 07h: local enables are counted, the line stays on while there
; are any, and what 07h says is what memory does. The line is left as it was found.
; (Interrupts are off while it is off: DOS may live above the wrap.)
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 50

%include "xms/xms.inc"

body:
        mov     ax, 4308h
        mov     bx, 0FFFFh
        int     2Fh
        cmp     ax, 4343h
        jne     .told
%ifdef A20_NUMBER
        cmp     bx, A20_NUMBER
%else
        dec     bx
        cmp     bx, 1                   ; 1 the AT's, 2 the PS/2's
        ja      .told
        cmp     ax, ax
%endif
.told:
        expect_flag e, "INT 2Fh 4308h tells the A20 handler by HIMEM's number"
        xms_service 07h
        call    xms_call
        mov     ax, [out_ax]
        mov     [found], ax
        xms_reported "query", 0
        call    agrees
        ; how often it is enabled already: DOS may have done so
        xms_service 03h
        call    xms_call
        xms_accepted "global enable"
        call    is_on
        xms_service 05h
        call    xms_call
        xms_accepted "local enable"
        call    is_on
        xms_service 05h
        call    xms_call
        xms_accepted "a second local enable"
        xms_service 06h
        call    xms_call
        xms_refused "the first disable leaves the line on for the other", 94h
        call    is_on
        xms_service 04h
        call    xms_call
        xms_refused "so does a global disable", 94h
        call    is_on

        ; The last one: the line goes off unless somebody else keeps it on.
        xms_service 06h
        and     word [in_flags], 0FFFFh ^ FLAG_INTERRUPT
        call    xms_call
        call    agrees_quietly
        push    ax
        call    restore
        pop     ax
        cmp     ax, 1
        expect_flag z, "the query agrees with memory after the last disable"
        cmp     byte [out_bx], 94h
        je      .kept
        cmp     word [out_ax], 1
.kept:
        expect_flag z, "the last disable is accepted, or says 94h"
        mov     word [registers_free], R_EAX | R_EBX
        call    judge_registers
        expect_equal [judged], 0, "the last disable: keeps the other registers"
        xms_service 07h
        call    xms_call
        mov     ax, [out_ax]
        expect_equal16 ax, [found], "the line is as it was"
        ret

; restore: the line as it was found, interrupts on.
restore:
        mov     ah, 3
        cmp     word [found], 0
        jne     .call
        mov     ah, 4
.call:
        call    far [xms_entry]
        sti
        ret

is_on:
        xms_service 07h
        call    xms_call
        expect_equal16 [out_ax], 1, "the query says on"
        ; falls through

; agrees: one verdict: does memory do what 07h said?
agrees:
        call    wraps
        xor     ax, 1
        expect_equal16 ax, [out_ax], "memory agrees"
        ret

; agrees_quietly: AX = 1 if memory does what 07h says now.
agrees_quietly:
        mov     ah, 7
        call    far [xms_entry]
        mov     bx, ax
        call    wraps
        xor     ax, bx
        ret

; wraps: AX = 1 if addresses wrap at 1 MiB, else 0. Nothing stays changed.
wraps:
        push    ds
        push    es
        push    bx
        pushf
        cli
        xor     ax, ax
        mov     ds, ax
        dec     ax
        mov     es, ax
        mov     bx, [ds:500h]
        mov     ax, [es:510h]
        cmp     ax, bx
        mov     ax, 0
        jne     .end
        ; equal by chance?
        not     word [ds:500h]
        not     bx
        cmp     [es:510h], bx
        mov     ax, 0
        jne     .undo
        inc     ax
.undo:
        not     word [ds:500h]
.end:
        popf
        pop     bx
        pop     es
        pop     ds
        ret

section .bss
found:  resw 1

section .text
