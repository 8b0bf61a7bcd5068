; A client that single-steps (TF) stops behind each instruction, also behind those that need ring 0 and are carried out for it.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 5

%include "dpmi.inc"

main:
        call    enter_protected_mode
        set_handler 0203h, 01h, step
        pushf
        pop     ax
        or      ax, FLAG_TRAP
        push    ax
        popf
        nop
.before:
        mov     ebx, cr0
.behind_cr0:
        clts
.behind_clts:
        nop
.behind_nop:
        pushf
        pop     ax
        and     ax, 0FFFFh ^ FLAG_TRAP
        push    ax
        popf
        nop
        expect_equal16 [places], .before, "a step ends behind NOP"
        expect_equal16 [places + 2], .behind_cr0, "another behind MOV from CR0"
        expect_equal16 [places + 4], .behind_clts, "and behind CLTS"
        expect_equal16 [places + 6], .behind_nop, "the next instruction is one step"
        and     ebx, 1
        expect_equal ebx, 1, "MOV has read a CR0 with PE"
        jmp     finish

step:
        push    ds
        push    eax
        push    ebx
        push    ebp
        frame_base
        mov     ds, [cs:data_selector]
        mov     bx, [count]
        cmp     bx, PLACES * 2
        jae     .end
        mov     ax, [ss:ebp + 14 + EXCEPTION_IP]
        mov     [places + bx], ax
        add     word [count], 2
.end:
        pop     ebp
        pop     ebx
        pop     eax
        pop     ds
        far_return

section .bss
PLACES          equ 16
count:          resw 1
places:         resw PLACES

section .text
