; INT 2Fh 4310h from protected mode gives an XMS entry that the client can call: every
; register as in real mode, the move's structure at DS:(E)SI, long moves with interrupts coming in.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 22

%include "dpmi.inc"
%include "xms/protected-entry.inc"

%define BLOCK_KIB 1024

main:
        call    enter_protected_mode
        mov     ax, 4300h
        int     2Fh
        and     eax, 0FFh
        expect_equal eax, 80h, "4300h finds a driver"
        call    find_xms_entry
        xms     0
        expect_equal16 ax, 0300h, "version 3.00"
        expect_equal16 dx, 1, "there is an HMA"
        mov     edx, BLOCK_KIB
        xms     89h
        mov     [handle], dx
        expect_equal16 ax, 1, "a block of 1 MiB"
        mov     ecx, 0C1C2C3C4h
        mov     esi, 051525354h
        mov     edi, 0D1D2D3D4h
        mov     ebp, 0B1B2B3B4h
        mov     dx, [handle]
        xms     8Eh
        expect_equal16 ax, 1, "its size can be asked"
        expect_equal edx, BLOCK_KIB, "and is 1 MiB"
        expect_equal esi, 051525354h, "ESI stays"
        expect_equal edi, 0D1D2D3D4h, "EDI stays"
        expect_equal ebp, 0B1B2B3B4h, "EBP stays"

        ; 60 KiB from conventional memory, within the block, and back: several pieces of work each.
        mov     ax, [real_segment]
        mov     [move_from_offset + 2], ax
        mov     word [move_from_offset], 100h
        mov     word [move_from], 0
        mov     ax, [handle]
        mov     [move_to], ax
        mov     dword [move_to_offset], 12346h
        mov     dword [move_length], 8000h
        call    move
        expect_equal16 ax, 1, "a move to the block"
        mov     ax, [handle]
        mov     [move_from], ax
        mov     dword [move_from_offset], 12346h
        mov     dword [move_to_offset], 0A0002h
        sti
        call    move
        expect_equal16 ax, 1, "a move within it"
        pushf
        pop     ax
        and     ax, 200h
        expect_equal16 ax, 200h, "interrupts are on as before"
        mov     dword [move_from_offset], 0A0002h + 2000h
        mov     word [move_to], 0
        mov     ax, [real_segment]
        mov     [move_to_offset + 2], ax
        mov     word [move_to_offset], back
        mov     dword [move_length], 400h
        call    move
        expect_equal16 ax, 1, "and a part of it back"
        mov     esi, 2000h + 100h
        mov     edi, back
        mov     ecx, 400h / 4
        repe    a32 cmpsd
        expect_flag z, "with what was there"

        mov     word [move_from], 7FFFh
        call    move
        expect_equal16 ax, 0, "a wrong source handle is refused"
        and     ebx, 0FFh
        expect_equal ebx, 0A3h, "with A3h"
        mov     dx, [handle]
        xms     0Ch
        expect_equal16 ax, 1, "a lock"
        mov     dx, [handle]
        xms     0Dh
        expect_equal16 ax, 1, "and unlock"
        mov     dx, [handle]
        xms     0Ah
        expect_equal16 ax, 1, "free"
        mov     dx, [handle]
        xms     0Ah
        expect_equal16 ax, 0, "once"
        and     ebx, 0FFh
        expect_equal ebx, 0A2h, "only"
        xms     99h
        and     ebx, 0FFh
        expect_equal ebx, 80h, "a function that does not exist"
        jmp     finish

; move: 0Bh with the structure.
move:
        mov     esi, move_length
        mov     ah, 0Bh
        jmp     xms_far

section .bss
                    alignb 4
handle:             resw 1
                    alignb 4
move_length:        resd 1
move_from:          resw 1
move_from_offset:   resd 1
move_to:            resw 1
move_to_offset:     resd 1
                    alignb 4
back:               resb 1024
section .text
