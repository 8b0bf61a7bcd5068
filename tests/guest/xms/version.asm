; INT 2Fh 4300h and 4310h, and XMS 3.0 function 00h: the driver is there, its entry can
; be hooked as XMS 2.0 asks, it says which version it is; numbers that no function has are
; refused with 80h.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 38

%include "xms/xms.inc"

body:
        les     bx, [xms_entry]
        mov     al, [es:bx]
        cmp     al, 0EBh                ; or hooked by another program
        je      .short
        cmp     al, 0EAh
.short:
        expect_flag z, "the entry begins with a jump"
        cmp     byte [es:bx], 0EAh
        je      .header
        cmp     word [es:bx + 2], 9090h
        jne     .header
        cmp     byte [es:bx + 4], 90h
.header:
        expect_flag z, "room for a far jump: a short jump and three NOPs"
        push    ds
        pop     es

        xms_service 00h
        call    xms_call
        xms_reported "version", R_EDX
        cmp     word [out_ax], 0300h
        expect_flag ae, "the version is 3.00 at least"
        expect_equal16 [out_dx], 1, "there is an HMA"

        mov     si, numbers
        mov     cx, numbers_end - numbers
.next:
        lodsb
        mov     [number], al
        xms_service 13h
        call    .refused
        loop    .next
        ret
.refused:
        mov     al, [number]
        mov     [in_eax + 1], al
        call    xms_call
        xms_refused "a function that does not exist", 80h
        ret

section .data
numbers:     db 13h, 20h, 7Fh, 87h, 8Ah, 0CAh, 0FFh
numbers_end:

section .bss
number:      resb 1

section .text
