; DEVICE=C:\FERRITE.EXE: DOS loads itself high, XMS and DPMI are there, a second load is
; refused on either way, and /U refuses.
; expect: pass
; machines: qemu bochs
; host: device
; host-args: /HANDLES=40
; config: DEVICE=C:\FERRITE.EXE
; plan: 19

%include "xms/xms.inc"
%include "xms/exec.inc"

; Errorlevels of FERRITE.EXE.
%define ALREADY_LOADED 20
%define STAYS          47

body:
        cmp     byte [is_client], 0
        jne     .common
        mov     ax, 3306h
        xor     dx, dx
        int     21h
        and     dh, 10h
        expect_equal16 dx, 1000h, "DOS is in the high memory area"
        run_ferrite ""
        expect_equal16 ax, ALREADY_LOADED, "a second start from the command line is refused"
        run_ferrite " /U"
        expect_equal16 ax, STAYS, "/U is refused"
        run_ferrite " /S"
        expect_equal16 ax, 0, "/S answers"
        xor     dx, dx
        call    allocate
        call    handle_info
        expect_equal16 cx, 38, "/HANDLES= was heard: one is COMMAND.COM's, one this test's"
        call    free
.common:
        xms_service 1
        mov     word [in_dx], 0FFFFh
        call    xms_call
        xms_refused "the HMA is DOS's", 91h
        xms_service 7
        call    xms_call
        expect_equal16 [out_ax], 1, "the A20 line is on"
        mov     dx, 1024
        call    allocate
        push    dx
        xms_service 0Ch
        mov     [in_dx], dx
        call    xms_call
        xms_accepted "a lock", R_EDX | R_EBX
        xms_service 0Dh
        pop     dx
        push    dx
        mov     [in_dx], dx
        call    xms_call
        xms_accepted "and unlock"
        pop     dx
        call    free
        ret
