; CONFIG.SYS with DOS=HIGH,UMB: DEVICEHIGH, DEVICE and INSTALL lines behind the first DEVICE line are refused and harm nothing.
; expect: pass
; machines: qemu bochs
; host: device
; config: DOS=HIGH,UMB
; config: DEVICEHIGH=C:\FERRITE.EXE /HANDLES=50
; config: DEVICE=C:\FERRITE.EXE /WRONG
; config: INSTALL=C:\FERRITE.EXE
; plan: 10

%include "xms/xms.inc"
%include "xms/exec.inc"

%define ALREADY_LOADED 20

body:
        cmp     byte [is_client], 0
        jne     .common
        run_ferrite ""
        expect_equal16 ax, ALREADY_LOADED, "one is loaded"
        run_ferrite " /S"
        expect_equal16 ax, 0, "/S answers"
.common:
        mov     ax, 3306h
        xor     dx, dx
        int     21h
        and     dh, 10h
        expect_equal16 dx, 1000h, "DOS is in the high memory area"
        xor     dx, dx
        call    allocate
        call    handle_info
        expect_equal16 cx, 126, "the first line's handles: one is COMMAND.COM's, one this test's"
        call    free
        xms_service 1
        mov     word [in_dx], 0FFFFh
        call    xms_call
        xms_refused "the HMA is DOS's", 91h
        ret
