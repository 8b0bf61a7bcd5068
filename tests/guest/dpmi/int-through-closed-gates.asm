; INT n by numbers that exceptions and IRQs have (01h, 06h to 0Fh, 70h to 77h), whose gates ring 3 may not use: from protected mode it
; reaches the client's own handler (0205h), without one real mode's; from real mode, real mode's. Behind it, the next instruction runs.
; expect: pass
; machines: qemu bochs dosbox-x dosbox
; width: 16 32
; plan: 6

%include "dpmi.inc"

VECTORS equ 19

main:
        call    enter_protected_mode
        cli                             ; nor do IRQs count
        mov     si, vectors
        mov     di, old_real
.hook:
        movzx   bx, byte [si]
        int31   0200h
        mov     [di], dx
        mov     [di + 2], cx
        mov     cx, [real_segment]
        mov     dx, real_handler
        int31   0201h
        add     di, 4
        inc     si
        cmp     si, vectors + VECTORS
        jb      .hook

        call    all_of_them
        expect_equal16 [in_real], VECTORS, "from protected mode, without a handler of the client's"
        expect_equal16 [behind], VECTORS, "the instruction behind each INT ran"

        mov     word [in_real], 0
        push    ds
        pop     es
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], real_procedure
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        expect_equal16 [in_real], VECTORS, "from real mode"
        expect_equal16 [behind], 2 * VECTORS, "the instruction behind each INT ran there"

        mov     word [in_real], 0
        mov     si, vectors
.own:
        mov     bl, [si]
        int31   0204h
        push    ecx
        push    edx
        mov     bl, [si]
        mov     cx, cs
        mov     edx, own_handler
        int31   0205h
        mov     al, [si]
        call    one
        pop     edx
        pop     ecx
        mov     bl, [si]
        int31   0205h
        inc     si
        cmp     si, vectors + VECTORS
        jb      .own
        expect_equal16 [in_own], VECTORS, "a handler of the client's"
        expect_equal16 [in_real], 0, "and real mode's is not called then"

        mov     si, vectors
        mov     di, old_real
.unhook:
        mov     bl, [si]
        mov     dx, [di]
        mov     cx, [di + 2]
        int31   0201h
        add     di, 4
        inc     si
        cmp     si, vectors + VECTORS
        jb      .unhook
        sti
        jmp     finish

; all_of_them: each INT once. Either mode, DS = the program's data.
all_of_them:
        mov     si, vectors
.next:
        mov     al, [si]
        call    one
        inc     si
        cmp     si, vectors + VECTORS
        jb      .next
        ret

; one: INT AL.
one:
        mov     [.number], al
        jmp     .reload                 ; the instruction below was written just now
.reload:
        db      0CDh
.number:
        db      0
        inc     word [behind]
        ret

own_handler:
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [in_own]
        pop     ds
        interrupt_return

; --- real mode ----------------------------------------------------------------
real_handler:
        inc     word [cs:in_real]
        iret

real_procedure:
        call    all_of_them
        retf

section .data
vectors:        db 01h, 06h, 07h, 08h, 09h, 0Ah, 0Bh, 0Ch, 0Dh, 0Eh, 0Fh
                db 70h, 71h, 72h, 73h, 74h, 75h, 76h, 77h
section .bss
                alignb 4
old_real:       resd VECTORS
in_real:        resw 1
in_own:         resw 1
behind:         resw 1
section .text
