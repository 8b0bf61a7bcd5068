; XMS 3.0 functions 09h, 89h, 0Ah, 0Eh, 8Eh: blocks come and go with exact sizes; blocks of
; no size; handles and memory run out with A1h and A0h; what is no handle gets A2h.
; expect: pass
; machines: qemu bochs dosbox-x

%include "xms/xms.inc"

%define HANDLES_MAX 1100

body:
        call    free_memory
        mov     [total], eax
        xms_service 09h
        mov     word [in_dx], 100
        call    xms_call
        xms_accepted "100 KiB", R_EDX
        mov     ax, [out_dx]
        mov     [one], ax
        test    ax, ax
        expect_flag nz, "the handle is not 0"
        xms_service 89h
        mov     dword [in_edx], 3
        call    xms_call
        xms_accepted "3 KiB, 32 bits", R_EDX
        mov     ax, [out_dx]
        mov     [other], ax
        cmp     ax, [one]
        expect_flag nz, "another handle"

        xms_service 0Eh
        mov     ax, [one]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "handle information", R_EDX
        expect_equal16 [out_dx], 100, "its size"
        mov     al, [out_bx + 1]
        mov     ah, 0
        expect_equal16 ax, 0, "it is not locked"
        mov     al, [out_bx]
        mov     [few], al
        xms_service 8Eh
        mov     ax, [other]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "handle information, 32 bits", R_ECX | R_EDX
        expect_equal [out_edx], 3, "its size, 32 bits"
        mov     ax, [out_cx]
        mov     [handles], ax
        cmp     ax, 255
        jbe     .byte
        mov     ax, 255
.byte:
        mov     ah, 0
        cmp     al, [few]
        expect_flag z, "the free handles, at most 255"

        xms_service 09h
        mov     word [in_dx], 0
        call    xms_call
        xms_accepted "a block of no size", R_EDX
        mov     dx, [out_dx]
        push    dx
        call    handle_info
        expect_equal eax, 0, "its size is 0"
        inc     cx
        expect_equal16 cx, [handles], "it takes a handle"
        pop     dx
        push    dx
        xms_service 0Ah
        pop     word [in_dx]
        call    xms_call
        xms_accepted "it is freed"

        xms_service 09h
        mov     word [in_dx], 0FFFFh
        mov     eax, [total]
        cmp     eax, 0FFFFh
        jae     .enough
        call    xms_call
        xms_refused "more than there is", 0A0h
.enough:
        xms_service 89h
        mov     eax, [total]
        mov     [in_edx], eax           ; 103 KiB are taken
        call    xms_call
        xms_refused "more than is left, 32 bits", 0A0h
        xms_service 89h
        mov     dword [in_edx], 0FFFFFFFFh
        call    xms_call
        xms_refused "4 TiB", 0A0h

        ; All handles, without memory.
        mov     word [count], 0
.more:
        mov     ah, 9
        xor     dx, dx
        call    far [xms_entry]
        cmp     ax, 1
        jne     .out
        mov     bx, [count]
        add     bx, bx
        mov     [list + bx], dx
        inc     word [count]
        cmp     word [count], HANDLES_MAX
        jb      .more
.out:
        movzx   eax, word [count]
        movzx   ebx, word [handles]
        expect_at_least eax, ebx, "as many handles as were said to be free"
        xms_service 09h
        mov     word [in_dx], 0
        call    xms_call
        xms_refused "all handles are in use", 0A1h
        xms_service 89h
        mov     dword [in_edx], 1
        call    xms_call
        xms_refused "all handles are in use, with memory", 0A1h
.give:
        dec     word [count]
        js      .given
        mov     bx, [count]
        add     bx, bx
        mov     dx, [list + bx]
        call    free
        jmp     .give
.given:
        mov     dx, [other]
        call    free
        mov     dx, [one]
        call    free
        call    free_memory
        expect_equal eax, [total], "all memory came back"

        mov     cx, functions_end - functions
        mov     si, functions
.next:
        lodsb
        push    cx
        push    si
        mov     [function], al
        mov     ax, [one]
        call    bad_handle
        mov     ax, 0
        call    bad_handle
        mov     ax, 0FFFFh
        call    bad_handle
        pop     si
        pop     cx
        dec     cx
        jnz     .next
        ret

; bad_handle: AX = what is no handle, for [function].
bad_handle:
        mov     [bad], ax
        xms_service 0Ah
        mov     al, [function]
        mov     [in_eax + 1], al
        mov     ax, [bad]
        mov     [in_dx], ax
        mov     dword [in_ebx], 1
        call    xms_call
        xms_refused "a wrong handle", 0A2h
        ret

section .data
functions: db 0Ah, 0Ch, 0Dh, 0Eh, 0Fh, 8Eh, 8Fh
functions_end:

section .bss
                alignb 4
total:          resd 1
one:            resw 1
other:          resw 1
handles:        resw 1
count:          resw 1
bad:            resw 1
few:            resb 1
function:       resb 1
                alignb 2
list:           resw HANDLES_MAX

section .text
