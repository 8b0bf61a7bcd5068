; INT 31h 0001h, Free LDT Descriptor (DPMI 1.0): afterwards the selector is not
; valid; segment registers that hold it become zero; 8022h for what is not an
; allocated descriptor of the client.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 20
; service: 0001

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     cx, 1
        int31   0000h
        mov     [selector], ax

        service 0001h
        mov     ax, [selector]
        mov     [in_bx], ax
        call    call_service
        accepted "free a descriptor"
        movzx   ebx, word [selector]
        lar     eax, ebx
        expect_flag nz, "the selector is no longer valid"

        service 0001h
        mov     ax, [selector]
        mov     [in_bx], ax
        call    call_service
        refused "free it again", 8022h
        service 0001h
        mov     word [in_bx], 0
        call    call_service
        refused "free the null selector", 8022h
        service 0001h
        mov     word [in_bx], 8
        call    call_service
        refused "free a selector of the GDT", 8022h
        service 0001h
        mov     word [in_bx], 0FFFFh
        call    call_service
        refused "free an LDT selector that was never allocated", 8022h

        ; loaded at the time of the call
        xor     edx, edx
        mov     ecx, 0FFFFh
        call    segment_at
        mov     [selector], ax
        service 0001h
        mov     ax, [selector]
        mov     [in_bx], ax
        mov     [in_es], ax
        mov     [in_fs], ax
        mov     [in_gs], ax
        call    call_service
        accepted "free a descriptor that is in ES, FS and GS", R_ES | R_FS | R_GS
        expect_equal16 [out_es], 0, "ES is zero afterwards"
        expect_equal16 [out_fs], 0, "FS is zero afterwards"
        expect_equal16 [out_gs], 0, "GS is zero afterwards"

        ; DS itself: the caller may have its data elsewhere by then
        mov     ax, [data_selector]
        call    alias_of_data
        mov     [selector], ax
        service 0001h
        mov     ax, [selector]
        mov     [in_bx], ax
        mov     [in_ds], ax
        call    call_service
        accepted "free the descriptor that is in DS", R_DS
        expect_equal16 [out_ds], 0, "DS is zero afterwards"

        ; what the switch gave belongs to the client too: the environment's
        mov     es, [entry_es]
        mov     bx, [es:2Ch]
        mov     word [es:2Ch], 0
        push    ds
        pop     es
        service 0001h
        mov     [in_bx], bx
        call    call_service
        comment_value "freeing the environment's descriptor: flags", [out_flags - 2]

        ; freed descriptors are found again
        mov     cx, 1
        int31   0000h
        mov     [selector], ax
        mov     bx, ax
        int31   0001h
        mov     cx, 1
        int31   0000h
        expect_equal16 ax, [selector], "the next allocation uses the freed one again"
        jmp     finish

; alias_of_data: AX = a second selector for the program's segment.
alias_of_data:
        xor     ax, ax
        call    linear_of
        mov     edx, eax
        mov     ecx, 0FFFFh
        jmp     segment_at

section .bss
selector: resw 1
