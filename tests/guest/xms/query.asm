; XMS 3.0 functions 08h and 88h: the largest block and all that is free, in KiB, exact: a
; block's size goes off the total and comes back; both functions agree; all of it can be
; had, and then the answer is A0h.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 44

%include "xms/xms.inc"

body:
        xms_service 88h
        call    xms_call
        xms_reported "query any", R_ECX | R_EDX
        mov     eax, [out_eax]
        mov     [largest], eax
        mov     eax, [out_edx]
        mov     [total], eax
        mov     al, [out_bx]
        mov     ah, 0
        expect_equal16 ax, 0, "it says that all is well"
        mov     eax, [total]
        cmp     eax, [largest]
        expect_flag ae, "the largest is no more than all"
        mov     eax, [total]
        shl     eax, 10
        cmp     [out_ecx], eax
        expect_flag a, "the highest address lies above that much"

        xms_service 08h
        call    xms_call
        xms_reported "query", R_EDX
        mov     eax, [largest]
        call    cut
        expect_equal16 [out_ax], ax, "the 16-bit largest is the same, or FFFFh"
        mov     eax, [total]
        call    cut
        expect_equal16 [out_dx], ax, "the 16-bit total is the same, or FFFFh"
        mov     ax, [out_edx + 2]
        expect_equal16 ax, 0D1D2h, "the upper half of EDX is left alone"

        mov     dx, 1
        call    allocate
        mov     [one], dx
        call    free_memory
        sub     eax, [total]
        neg     eax
        expect_equal eax, 1, "1 KiB less is free after 1 KiB was given out"
        mov     dx, 37
        call    allocate
        mov     [other], dx
        call    free_memory
        sub     eax, [total]
        neg     eax
        expect_equal eax, 38, "and 37 more"
        mov     dx, [one]
        call    free
        mov     dx, [other]
        call    free
        call    free_memory
        expect_equal eax, [total], "all came back"
        expect_equal edx, [largest], "in one piece"

        xms_service 89h                 ; everything that can be had
        mov     eax, [largest]
        mov     [in_edx], eax
        call    xms_call
        xms_accepted "the largest block can be had", R_EDX
        mov     dx, [out_dx]
        mov     [one], dx
        mov     word [count], 0
.rest:
        call    free_memory
        test    eax, eax
        jz      .all
        mov     edx, eax
        mov     ah, 89h
        call    far [xms_entry]
        cmp     ax, 1
        jne     .all                    ; judged below
        mov     bx, [count]
        add     bx, bx
        mov     [rest + bx], dx
        inc     word [count]
        cmp     word [count], 16
        jb      .rest
.all:
        xms_service 88h
        call    xms_call
        xms_refused "nothing is left", 0A0h, R_ECX | R_EDX
        expect_equal [out_eax], 0, "the largest is 0"
        expect_equal [out_edx], 0, "the total is 0"
        xms_service 08h
        call    xms_call
        xms_refused "nothing is left, 16 bits", 0A0h, R_EDX
        expect_equal16 [out_dx], 0, "the 16-bit total is 0"
        mov     dx, [one]
        call    free
.give:
        dec     word [count]
        js      .given
        mov     bx, [count]
        add     bx, bx
        mov     dx, [rest + bx]
        call    free
        jmp     .give
.given:
        call    free_memory
        expect_equal eax, [total], "all came back at the end"
        ret

; cut: AX = EAX, at most FFFFh.
cut:
        cmp     eax, 0FFFFh
        jbe     .end
        mov     ax, 0FFFFh
.end:
        ret

section .bss
        alignb 4
largest: resd 1
total:   resd 1
one:     resw 1
other:   resw 1
count:   resw 1
rest:    resw 16

section .text
