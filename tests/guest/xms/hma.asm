; XMS 3.0 functions 01h and 02h: the HMA has one owner at most. (DOS may own it.)
; expect: pass
; machines: qemu bochs dosbox-x

%include "xms/xms.inc"

body:
        xms_service 01h
        mov     word [in_dx], 0FFFFh
        call    xms_call
        cmp     word [out_ax], 1
        je      .ours
        xms_refused "the HMA is refused as in use", 91h
        ret
.ours:
        xms_accepted "an application asks for the HMA"
        xms_service 01h
        mov     word [in_dx], 0FFFFh
        call    xms_call
        xms_refused "it is not given twice", 91h
        xms_service 02h
        call    xms_call
        xms_accepted "it is released"
        xms_service 02h
        call    xms_call
        xms_refused "it is not released twice", 93h
        ret
