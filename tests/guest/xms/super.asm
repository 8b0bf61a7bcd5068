; HIMEMSX's functions C8h, C9h, CBh, CCh (XMS 3.5): there is no memory beyond 4 GiB, so none
; can be had; CBh and CCh take ordinary blocks.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 42

%include "xms/xms.inc"

body:
        xms_service 0C8h
        call    xms_call
        xms_refused "query", 0A0h, R_EDX
        expect_equal [out_eax], 0, "the largest is 0"
        expect_equal [out_edx], 0, "the total is 0"
        xms_service 0C9h
        mov     dword [in_edx], 1
        call    xms_call
        xms_refused "1 KiB", 0A0h
        xms_service 0C9h
        mov     dword [in_edx], 0
        call    xms_call
        xms_accepted "no KiB", R_EDX
        mov     dx, [out_dx]
        call    free

        mov     dx, 8
        call    allocate
        mov     [one], dx
        far_of  eax, text
        set_move 16, 0, eax, [one], 100h
        mov     word [move_from_high], 0
        call    move_super
        xms_accepted "move to a block"
        far_of  eax, copy
        set_move 16, [one], 100h, 0, eax
        call    move_super
        xms_accepted "move from a block"
        mov     si, text
        mov     di, copy
        mov     cx, 4
        repe    cmpsd
        expect_flag z, "what was copied comes back"
        mov     byte [move_from_high], 1
        call    move_super
        xms_refused "a source offset beyond 4 GiB", 0A4h
        mov     word [move_from_high], 100h
        call    move_super
        xms_refused "a destination offset beyond 4 GiB", 0A6h
        mov     word [move_from_high], 0

        xms_service 0CCh
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "lock", R_EDX
        expect_equal [out_edx], 0, "the upper half of the address is 0"
        cmp     dword [out_ebx], 100000h
        expect_flag ae, "the lower half is above 1 MiB"
        mov     ah, 0Dh
        mov     dx, [one]
        call    far [xms_entry]
        mov     dx, [one]
        jmp     free

move_super:
        xms_service 0CBh
        mov     word [in_si], move_length
        jmp     xms_call

section .data
text:   db 'beyond 4 GiB, no'

section .bss
        alignb 4
one:    resw 1
copy:   resb 16

section .text
