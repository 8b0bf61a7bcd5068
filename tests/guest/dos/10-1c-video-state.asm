; INT 10h 1Ch and 4F04h from protected mode ("MS-DOS" extension): the state of the video hardware goes to ES:(E)BX and
; comes back from there; what lies behind it in the buffer is left alone.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 7

%include "dpmi.inc"

%define STATES      7                   ; hardware, BIOS data, DAC
;   SeaVGABIOS writes some bytes more than it says that it does, so not just behind the state.
%define END         4095
%define REGISTER    5                   ; of the DAC; the text colours use it

main:
        call    enter_protected_mode
        mov     ax, 1C00h
        mov     cx, STATES
        int     10h
        xor     ah, ah
        expect_equal16 ax, 1Ch, "1Ch 00h: the function is there"
        mov     word [save], 1C01h
        mov     word [restore], 1C02h
        call    round_trip
        mov     ax, 4F04h
        mov     dx, 0
        mov     cx, STATES
        int     10h
        cmp     ax, 004Fh
        jne     .none
        mov     word [save], 4F04h
        mov     word [restore], 4F04h
        call    round_trip
        jmp     finish
.none:
        passed  "4F04h is not there"
        passed  "4F04h is not there"
        passed  "4F04h is not there"
        jmp     finish

; Saves, changes a colour, restores.
round_trip:
        mov     dx, 0101h
        call    set_colour
        mov     byte [buffer + END], 5Ah
        mov     ax, [save]
        mov     dx, 1
        mov     cx, STATES
        mov     ebx, buffer
        int     10h
        xor     edx, edx
        mov     dl, [buffer + END]
        expect_equal edx, 5Ah, "saving leaves the buffer's end alone"
        mov     dx, 3F3Fh
        call    set_colour
        call    colour
        expect_equal16 cx, 3F3Fh, "the colour is another one"
        mov     ax, [restore]
        mov     dx, 2
        mov     cx, STATES
        mov     ebx, buffer
        int     10h
        call    colour
        expect_equal16 cx, 0101h, "restoring brings the colour back"
        ret

; DX=green and blue of REGISTER; red is 1.
set_colour:
        mov     cx, dx
        mov     dh, 1
        mov     bx, REGISTER
        mov     ax, 1010h
        int     10h
        ret

; Out: CX=green and blue.
colour:
        mov     bx, REGISTER
        mov     ax, 1015h
        int     10h
        ret

section .bss
        alignb  4
save:    resw 1
restore: resw 1
buffer:  resb 4096
