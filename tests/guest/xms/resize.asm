; XMS 3.0 functions 0Fh and 8Fh: a block grows and shrinks, also when there is another right
; behind it, and keeps its content; the total says so; refusals leave it as it was.
; expect: pass
; machines: qemu bochs dosbox-x

%include "xms/xms.inc"

body:
        call    free_memory
        mov     [total], eax
        mov     dx, 64
        call    allocate
        mov     [one], dx
        mov     dx, 64
        call    allocate
        mov     [other], dx
        call    fill                    ; the first and the last KiB of the first

        xms_service 0Fh
        mov     ax, [one]
        mov     [in_dx], ax
        mov     word [in_bx], 200
        call    xms_call
        xms_accepted "it grows past its neighbour"
        mov     dx, [one]
        call    handle_info
        expect_equal eax, 200, "its new size"
        call    free_memory
        sub     eax, [total]
        neg     eax
        expect_equal eax, 264, "the total counts it"
        call    check

        xms_service 8Fh
        mov     ax, [one]
        mov     [in_dx], ax
        mov     dword [in_ebx], 64
        call    xms_call
        xms_accepted "it shrinks"
        call    free_memory
        sub     eax, [total]
        neg     eax
        expect_equal eax, 128, "the total counts that"
        call    check

        xms_service 8Fh
        mov     ax, [one]
        mov     [in_dx], ax
        mov     dword [in_ebx], 0FFFFFFF0h
        call    xms_call
        xms_refused "it does not grow beyond memory", 0A0h
        mov     dx, [one]
        call    handle_info
        expect_equal eax, 64, "then its size stays"
        call    check

        xms_service 0Fh
        mov     ax, [one]
        mov     [in_dx], ax
        mov     word [in_bx], 64
        call    xms_call
        xms_accepted "the same size"
        xms_service 0Fh
        mov     ax, [one]
        mov     [in_dx], ax
        mov     word [in_bx], 0
        call    xms_call
        xms_accepted "down to nothing"
        call    free_memory
        sub     eax, [total]
        neg     eax
        expect_equal eax, 64, "nothing takes nothing"
        xms_service 0Fh
        mov     ax, [one]
        mov     [in_dx], ax
        mov     word [in_bx], 5
        call    xms_call
        xms_accepted "and up again"
        mov     dx, [one]
        call    free
        mov     dx, [other]
        call    free
        call    free_memory
        expect_equal eax, [total], "all came back"
        ret

fill:
        mov     di, pattern
        mov     cx, 256
        mov     eax, 12345678h
.next:
        mov     [di], eax
        add     di, 4
        imul    eax, eax, 1664525
        add     eax, 1013904223
        loop    .next
        far_of  eax, pattern
        set_move 1024, 0, eax, [one], 0
        call    must_move
        far_of  eax, pattern
        set_move 1024, 0, eax, [one], 63 * 1024
        jmp     must_move

check:
        far_of  eax, copy
        set_move 1024, [one], 0, 0, eax
        call    must_move
        call    .compare
        far_of  eax, copy
        set_move 1024, [one], 63 * 1024, 0, eax
        call    must_move
.compare:
        mov     si, pattern
        mov     di, copy
        mov     cx, 256
        repe    cmpsd
        expect_flag z, "the content is as it was"
        ret

section .bss
         alignb 4
total:   resd 1
one:     resw 1
other:   resw 1
pattern: resb 1024
copy:    resb 1024

section .text
