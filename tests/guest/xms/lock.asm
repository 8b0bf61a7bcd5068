; XMS 3.0 functions 0Ch and 0Dh: a locked block has an address, counts its locks, and is
; neither freed nor resized; the count ends at 255.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 58

%include "xms/xms.inc"

%define TEXT_BYTES 20

body:
        mov     dx, 200
        call    allocate
        mov     [one], dx
        mov     dx, 30
        call    allocate
        mov     [other], dx

        xms_service 0Ch
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "lock", R_EDX
        call    address
        mov     [first], eax
        test    eax, 3FFh
        expect_flag z, "the address is a multiple of 1 KiB"
        cmp     eax, 100000h
        expect_flag ae, "and lies above 1 MiB"
        mov     dx, [one]
        call    handle_info
        shr     bx, 8
        expect_equal16 bx, 1, "it counts 1"

        xms_service 0Ch
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "lock again", R_EDX
        call    address
        expect_equal eax, [first], "the same address"

        xms_service 0Ch
        mov     ax, [other]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "lock another", R_EDX
        call    address
        sub     eax, [first]
        jae     .above
        neg     eax
        cmp     eax, 30 * 1024
        jmp     .judge
.above:
        cmp     eax, 200 * 1024
.judge:
        expect_flag ae, "the two do not overlap"

        xms_service 0Ah
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_refused "a locked block is not freed", 0ABh
        xms_service 0Fh
        mov     ax, [one]
        mov     [in_dx], ax
        mov     word [in_bx], 10
        call    xms_call
        xms_refused "nor resized", 0ABh
        xms_service 8Fh
        mov     ax, [one]
        mov     [in_dx], ax
        mov     dword [in_ebx], 1000
        call    xms_call
        xms_refused "nor resized, 32 bits", 0ABh

        ; What was there before stays there: content through the address and the handle.
        far_of  eax, text
        set_move TEXT_BYTES, 0, eax, [one], 1000h
        call    must_move
        xms_service 0Dh
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "unlock"
        mov     dx, [one]
        call    handle_info
        shr     bx, 8
        expect_equal16 bx, 1, "it still counts 1"
        xms_service 0Dh
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "unlock again"
        xms_service 0Dh
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_refused "unlock once too often", 0AAh
        far_of  eax, copy
        set_move TEXT_BYTES, [one], 1000h, 0, eax
        call    must_move
        mov     si, text
        mov     di, copy
        mov     cx, TEXT_BYTES
        repe    cmpsb
        expect_flag z, "the block holds what was put there while it was locked"

        mov     cx, 255
        mov     bp, 0
.lock:
        push    cx
        mov     ah, 0Ch
        mov     dx, [one]
        call    far [xms_entry]
        add     bp, ax
        pop     cx
        loop    .lock
        expect_equal16 bp, 255, "255 locks"
        xms_service 0Ch
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_refused "the lock after that", 0ACh
        mov     cx, 255
        mov     bp, 0
.unlock:
        push    cx
        mov     ah, 0Dh
        mov     dx, [one]
        call    far [xms_entry]
        add     bp, ax
        pop     cx
        loop    .unlock
        expect_equal16 bp, 255, "255 unlocks"
        mov     ah, 0Dh
        mov     dx, [other]
        call    far [xms_entry]
        mov     dx, [one]
        call    free
        mov     dx, [other]
        jmp     free

; address: EAX = DX:BX of the answer.
address:
        push    word [out_dx]
        push    word [out_bx]
        pop     eax
        ret

section .data
text:   db 'while it was locked '

section .bss
        alignb 4
first:  resd 1
one:    resw 1
other:  resw 1
copy:   resb TEXT_BYTES

section .text
