; An older XMS driver is there: the entry that it gave out before leads to the same
; driver as the one that INT 2Fh 4310h gives now, blocks are Ferrite's, the HMA and A20 functions the older
; driver's, and /U gives it all its memory back. DOSBox's driver lies in ROM.
; expect: pass
; machines: dosbox-x/defaults
; plan: 14

%include "xms/xms.inc"
%include "xms/exec.inc"

body:
        xms_service 0
        call    xms_call
        expect_equal16 [out_ax], 0300h, "version 3.0"
        xms_service 1
        mov     word [in_dx], 0FFFFh
        call    xms_call
        expect_equal16 [out_ax], 0, "the older driver answers for the HMA: DOS has it"
        mov     dx, 8192
        call    allocate
        mov     [block], dx
        mov     dword [buffer], 12345678h
        mov     dword [buffer + 4], 0
        far_of  eax, buffer
        set_move 4, 0, eax, [block], 80000h
        call    must_move
        far_of  eax, buffer + 4
        set_move 4, [block], 80000h, 0, eax
        call    must_move
        expect_equal [buffer + 4], 12345678h, "a block keeps what is copied to it"
        xms_service 0Ch
        mov     ax, [block]
        mov     [in_dx], ax
        call    xms_call
        expect_equal16 [out_ax], 1, "lock"
        xms_service 0Dh
        mov     ax, [block]
        mov     [in_dx], ax
        call    xms_call
        expect_equal16 [out_ax], 1, "unlock"
        mov     dx, [block]
        call    free
        xms_service 0Ah
        mov     word [in_dx], 7FF3h
        call    xms_call
        xms_refused "a handle of nobody's", 0A2h
        ret

section .bss
        alignb 4
buffer: resd 2
block:  resw 1
section .text
