; INT 31h 0202h and 0203h, processor exception handler vectors (DPMI 1.0): 00h to
; 1Fh, 8021h above; 8022h for a handler in no code segment of the client.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 20
; service: 0202 0203

%include "dpmi.inc"

main:
        call    enter_protected_mode

        service 0202h
        mov     byte [in_bl], 06h
        call    call_service
        accepted "0202h", R_ECX | R_EDX
        store_from_image old
        xor     di, di
        xor     si, si
.each:
        mov     bx, si
        int31   0202h
        jc      .next
        test    cx, 0FFFCh
        jz      .next
        inc     di
.next:
        inc     si
        cmp     si, 20h
        jb      .each
        expect_equal16 di, 20h, "all 32 have a handler"
        service 0202h
        mov     byte [in_bl], 20h
        call    call_service
        refused "0202h: exception 20h", 8021h
        service 0202h
        mov     byte [in_bl], 0FFh
        call    call_service
        refused "0202h: exception FFh", 8021h

        service 0203h
        mov     byte [in_bl], 06h
        mov     [in_cx], cs
        set_pointer in_edx, handler
        call    call_service
        accepted "0203h"
        mov     edx, -1
        mov     bl, 06h
        int31   0202h
        mov     ax, cs
        expect_equal16 cx, ax, "0202h gives the selector back"
  %if WIDTH == 32
        expect_equal edx, handler, "0202h gives the offset back"
  %else
        expect_equal16 dx, handler, "0202h gives the offset back"
  %endif
        service 0203h
        mov     byte [in_bl], 20h
        mov     [in_cx], cs
        set_pointer in_edx, handler
        call    call_service
        refused "0203h: exception 20h", 8021h
        service 0203h
        mov     byte [in_bl], 06h
        mov     word [in_cx], 0FFFFh
        set_pointer in_edx, handler
        call    call_service
        refused "0203h: a selector never allocated", 8022h
        service 0203h
        mov     byte [in_bl], 06h
        mov     word [in_cx], 0
        set_pointer in_edx, handler
        call    call_service
        refused "0203h: the null selector", 8022h
        mov     bl, 06h
        int31   0202h
        expect_equal16 dx, handler, "the refusals left the handler"

        ; each keeps its own
        xor     si, si
        xor     di, di
.set:
        mov     bx, si
        mov     cx, cs
        mov     edx, handler
        add     dx, si
        int31   0203h
        inc     si
        cmp     si, 20h
        jb      .set
        xor     si, si
.check:
        mov     bx, si
        int31   0202h
        sub     dx, handler
        cmp     dx, si
        jne     .other
        inc     di
.other:
        inc     si
        cmp     si, 20h
        jb      .check
        expect_equal16 di, 20h, "all 32 can be set, each its own"
        load_vector old
        mov     bl, 06h
        int31   0203h
        expect_flag nc, "the first handler can be set back"
        jmp     finish

; Never run: only the addresses matter.
handler:
  %rep 20h
        nop
  %endrep
        far_return

section .bss
        alignb 4
old:    resb 8
