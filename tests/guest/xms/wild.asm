; Calls that no program means: numbers that are no handle, to each function that takes one, and moves whose structure lies at the
; very end of what a segment and an offset reach (CBh's goes beyond: the core met a page that is not there). No block is
; harmed.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 215

%include "xms/xms.inc"

body:
        mov     dx, 64
        call    allocate
        mov     [block], dx
        mov     [above], dx
        inc     word [above]
        mov     [later], dx
        add     word [later], 400h      ; another generation of it
        xor     dh, 80h
        mov     [far_off], dx
        mov     dword [tag], 2468ACE0h
        far_of  eax, tag
        set_move 4, 0, eax, [block], 65532
        call    must_move

        mov     si, functions
.function:
        lodsb
        test    al, al
        jz      .moves
        mov     [function], al
        mov     di, handles
.handle:
        xms_service 13h
        mov     al, [function]
        mov     [in_eax + 1], al
        mov     ax, [di]
        mov     [in_dx], ax
        mov     dword [in_ebx], 0
        call    xms_call
        call    .refused
        add     di, 2
        cmp     di, handles_end
        jb      .handle
        jmp     .function
.refused:
        xms_refused "what is no handle", 0A2h
        ret

.moves:
        mov     di, ends
.end:
        xms_service 0Bh
        call    .at_the_end
        xms_service 0CBh
        call    .at_the_end
        add     di, 4
        cmp     di, ends_end
        jb      .end

        ; The BIOS's move by a table there: while a client lives, Ferrite reads it.
        cmp     byte [is_client], 0
        je      .content
        push    es
        mov     ax, 0FFFFh
        mov     es, ax
        mov     si, ax
        mov     cx, 1
        mov     ah, 87h
        int     15h
        pop     es
        expect_flag c, "INT 15h 87h by a table at the end of memory is refused"
.content:
        mov     dword [tag], 0
        far_of  eax, tag
        set_move 4, [block], 65532, 0, eax
        call    must_move
        expect_equal [tag], 2468ACE0h, "the block is what it was"
        mov     dx, [block]
        jmp     free

; A move whose structure is at [DI]: whatever stands there, the call comes back.
.at_the_end:
        mov     ax, [di]
        mov     [in_si], ax
        mov     ax, [di + 2]
        mov     [in_ds], ax
        mov     word [in_bx], 0
        call    xms_call
        cmp     word [out_ax], 1
        expect_flag be, "a move by a structure at the end of memory comes back"
        ret

section .data
functions:  db 0Ah, 0Ch, 0Dh, 0Eh, 0Fh, 8Eh, 8Fh, 0CCh, 0
            align 2
handles:    dw 0, 0FFFFh
above:      dw 0
later:      dw 0
far_off:    dw 0
            dw 3FFh
handles_end:
; SI, DS.
ends:       dw 0FFFFh, 0FFFFh, 0FFFEh, 0FFFFh, 0FFF8h, 0FFFFh, 0FFF0h, 0FFFFh, 0FFF8h, 0F000h
ends_end:

section .bss
            alignb 4
tag:        resd 1
block:      resw 1
function:   resb 1
section .text
