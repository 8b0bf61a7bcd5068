; What a client finds after the switch to protected mode.
; DPMI 1.0, 4.1 (Mode switching): CS, SS and DS are selectors of the real-mode
; segments with limit FFFFh, ES is the PSP with limit FFh, FS = GS = 0, the high
; word of ESP is 0, all other registers are kept, PSP:2Ch holds a selector.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 41
; service: 1687

%include "dpmi.inc"

%define ACCESS_MASK    00FFFF00h        ; what LAR returns
%define ACCESS_CODE_OR_DATA  1000h
%define BIG            400000h

main:
        mov     ax, [2Ch]
        mov     [environment_segment], ax
        mov     bx, 1686h
        mov     ax, bx
        int     2Fh
        test    ax, ax
        expect_flag nz, "1686h in real mode says that this is not protected mode"
        call    enter_protected_mode

        test    dword [entry_flags], FLAG_CARRY
        expect_flag z, "carry is clear"
        test    dword [entry_flags], FLAG_INTERRUPT
        expect_flag nz, "interrupts are on, as before the call"
        test    dword [entry_flags], FLAG_DIRECTION
        expect_flag z, "the direction flag is clear, as before the call"
        test    dword [entry_flags], FLAG_NESTED
        expect_flag z, "NT is clear"
        expect_equal16 [entry_bx], 0B3B4h, "BX is kept"
        expect_equal16 [entry_cx], 0C3C4h, "CX is kept"
        expect_equal16 [entry_dx], 0D3D4h, "DX is kept"
        expect_equal16 [entry_si], 5354h, "SI is kept"
        expect_equal16 [entry_di], 0F3F4h, "DI is kept"
        expect_equal16 [entry_bp], 0E3E4h, "BP is kept"
        movzx   eax, word [entry_sp_before]
  %if WIDTH == 16
        mov     word [entry_esp + 2], 0 ; a 16-bit client has no upper half
  %endif
        expect_equal [entry_esp], eax, "SP is kept, the upper half of ESP is zero"

        mov     ax, 1686h
        int     2Fh
        expect_equal16 ax, 0, "1686h in protected mode returns 0"

        ; every selector: ring 3, in the LDT, limit, base
        mov     bx, [entry_cs]
        call    examine
        expect_equal [limit], 0FFFFh, "CS has a limit of 64 KiB"
        mov     eax, [access]
        and     eax, 0FA00h & ~0100h
        expect_equal eax, 0FA00h, "CS is present, ring 3, readable code"
        test    dword [access], BIG
        expect_flag z, "CS is a 16-bit segment"
        movzx   eax, word [real_segment]
        shl     eax, 4
        expect_equal [base], eax, "the base of CS is that of the real-mode segment"
        mov     ax, [entry_cs]
        and     ax, 7
        expect_equal16 ax, 7, "CS is an LDT selector with RPL 3"

        mov     bx, [entry_ds]
        call    examine
        expect_equal [limit], 0FFFFh, "DS has a limit of 64 KiB"
        mov     eax, [access]
        and     eax, 0FE00h
        expect_equal eax, 0F200h, "DS is present, ring 3, writable, expands up"
        movzx   eax, word [real_segment]
        shl     eax, 4
        expect_equal [base], eax, "the base of DS is that of the real-mode segment"
        mov     ax, [entry_ds]
        and     ax, 7
        expect_equal16 ax, 7, "DS is an LDT selector with RPL 3"

        mov     bx, [entry_ss]
        call    examine
        expect_equal [limit], 0FFFFh, "SS has a limit of 64 KiB"
        mov     eax, [access]
        and     eax, 0FE00h
        expect_equal eax, 0F200h, "SS is present, ring 3, writable, expands up"
        movzx   eax, word [real_segment]
        shl     eax, 4
        expect_equal [base], eax, "the base of SS is that of the real-mode segment"
        mov     eax, [access]
        and     eax, BIG
        expect_equal eax, BIG * (WIDTH / 32), "the stack segment has the width of the client"
        mov     ax, [entry_ss]
        and     ax, 7
        expect_equal16 ax, 7, "SS is an LDT selector with RPL 3"

        mov     bx, [entry_es]
        call    examine
        expect_equal [limit], 0FFh, "ES, the PSP, has a limit of FFh"
        mov     eax, [access]
        and     eax, 0FE00h
        expect_equal eax, 0F200h, "ES is present, ring 3, writable, expands up"
        movzx   eax, word [real_segment]
        shl     eax, 4
        expect_equal [base], eax, "the base of ES is the PSP"
        mov     ax, [entry_es]
        and     ax, 7
        expect_equal16 ax, 7, "ES is an LDT selector with RPL 3"

        expect_equal16 [entry_fs], 0, "FS is zero"
        expect_equal16 [entry_gs], 0, "GS is zero"

        ; the environment
        mov     es, [entry_es]
        expect_equal16 [es:0], 20CDh, "the PSP is seen through ES"
        mov     bx, [es:2Ch]
        mov     ax, bx
        and     ax, 7
        expect_equal16 ax, 7, "PSP:2Ch holds an LDT selector with RPL 3"
        call    examine
        movzx   eax, word [environment_segment]
        shl     eax, 4
        expect_equal [base], eax, "the base of that selector is the environment"
        expect_equal [limit], 0FFFFh, "its limit is 64 KiB, as other hosts have it"
        mov     eax, [access]
        and     eax, 0FC00h
        expect_equal eax, 0F000h, "it is a present data segment of ring 3"

        ; what the switch gave may be used at once
        push    cs
        pop     ax
        expect_equal16 ax, [entry_cs], "CS is what it was at entry"
        mov     fs, ax
        expect_equal16 [fs:start], [start], "CS can be read through FS"
        mov     ax, cs
        and     ax, 3
        expect_equal16 ax, 3, "the client runs in ring 3"
        jmp     finish

; examine: BX = selector. Fills access (LAR), limit (LSL) and base (0006h).
examine:
        movzx   ebx, bx
        lar     eax, ebx
        jz      .valid
        xor     eax, eax
.valid:
        and     eax, ACCESS_MASK
        mov     [access], eax
        mov     eax, 0DEADDEADh
        lsl     eax, ebx
        mov     [limit], eax
        int31   0006h
        push    cx
        push    dx
        pop     dword [base]
        ret

entry_bx equ entry_ebx
entry_cx equ entry_ecx
entry_dx equ entry_edx
entry_si equ entry_esi
entry_di equ entry_edi
entry_bp equ entry_ebp

section .bss
access:              resd 1
limit:               resd 1
base:                resd 1
environment_segment: resw 1
