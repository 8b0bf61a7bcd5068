; /TABLE beside an older XMS driver is refused (errorlevel 37); without it Ferrite starts there.
; expect: pass
; machines: qemu bochs
; config: DEVICE=C:\OLDERXMS.SYS
; file: child/olderxms.asm=OLDERXMS.SYS
; boot: own
; plan: 6

%include "xms/xms.inc"
%include "xms/exec.inc"

%define WITH_OLDER_DRIVER 37

body:
        cmp     byte [is_client], 0
        jne     .end
        ferrite_ends " /U", 0, "unload"
        ferrite_ends " /TABLE", WITH_OLDER_DRIVER, "/TABLE"
        ferrite_ends " /HANDLES=32 /TABLE", WITH_OLDER_DRIVER, "/TABLE behind another switch"
        call    find_xms
        xms_service 0
        call    xms_call
        cmp     word [out_ax], 200h
        expect_flag ae, "the older driver answers"
        ferrite_ends "", 0, "without it"
        call    find_xms
        ferrite_ends " /U", 0, "unload again"
.end:
        ret
