; XMS 3.0 functions 10h, 11h, 12h: upper memory blocks. A driver that has none refuses with
; 80h; one that has (it is passed on to) with B0h to B2h.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 6

%include "xms/xms.inc"

body:
        xms_service 10h
        mov     word [in_dx], 0FFFFh
        call    xms_call
        call    judge
        expect_flag z, "a request for 1 MiB"
        xms_service 11h
        mov     word [in_dx], 1234h
        call    xms_call
        call    judge
        expect_flag z, "the release of what is no block"
        xms_service 12h
        mov     word [in_dx], 1234h
        mov     word [in_bx], 1
        call    xms_call
        call    judge
        expect_flag z, "the resizing of what is no block"
        ret

judge:
        cmp     word [out_ax], 0
        jne     .end
        mov     al, [out_bx]
        cmp     al, 80h
        je      .end
        and     al, 0FCh
        cmp     al, 0B0h
.end:
        ret
