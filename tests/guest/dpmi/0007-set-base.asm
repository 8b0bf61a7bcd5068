; INT 31h 0007h, Set Segment Base Address (DPMI 1.0): what is loaded at the time
; follows on return; 8022h for selectors that are not the client's.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; service: 0007

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     cx, 1
        int31   0000h
        mov     [selector], ax
        mov     bx, ax
        mov     cx, 0
        mov     dx, 15
        int31   0008h

        mov     ax, first
        call    linear_of
        service 0007h
        set_pair in_cx, in_dx, eax
        mov     ax, [selector]
        mov     [in_bx], ax
        call    call_service
        accepted "set a base"
        mov     es, [selector]
        expect_equal [es:0], 11112222h, "the memory there is seen"
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 15, "the limit is unchanged"
        lar     eax, ebx
        and     eax, 0FE00h
        expect_equal eax, 0F200h, "the access rights are unchanged"

        ; while it is loaded, in ES, FS and GS
        mov     ax, second
        call    linear_of
        service 0007h
        set_pair in_cx, in_dx, eax
        mov     ax, [selector]
        mov     [in_bx], ax
        mov     [in_es], ax
        mov     [in_fs], ax
        mov     [in_gs], ax
        call    call_service
        accepted "set the base of what ES, FS and GS hold"
        mov     bx, [selector]
        mov     es, bx
        mov     ax, third
        call    linear_of
        push    eax
        pop     dx
        pop     cx
        int31   0007h                   ; ES is not loaded again here
        expect_equal [es:0], 55556666h, "a loaded register follows without a reload"
        mov     ax, second
        call    linear_of
        push    eax
        pop     dx
        pop     cx
        mov     fs, bx
        mov     gs, bx
        int31   0007h
        expect_equal [fs:0], 33334444h, "so does FS"
        expect_equal [gs:0], 33334444h, "so does GS"

        ; a 16-bit offset wraps nowhere: base near 4 GiB, offset carries to 0
        service 0007h
        mov     ax, [selector]
        mov     [in_bx], ax
        set_pair in_cx, in_dx, 0FFFFFFF0h
        call    call_service
        accepted "a base at the very end of the address space"

        push    ds
        pop     es
        service 0007h
        mov     word [in_bx], 0
        call    call_service
        refused "the null selector", 8022h
        service 0007h
        mov     word [in_bx], 0FFFFh
        call    call_service
        refused "a selector never allocated", 8022h
        jmp     finish

section .data
        align   4
first:  dd 11112222h, 0, 0, 0
second: dd 33334444h, 0, 0, 0
third:  dd 55556666h, 0, 0, 0
section .bss
selector: resw 1
