; INT 15h 87h from real-mode code while a client is active: it moves by physical
; addresses, between buffers in conventional memory and from the ROM below 4 GiB, and
; refuses nothing that it did without a client.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 10

%include "vm86/realwork.inc"

%define MOVE_AH    0
%define MOVE_CF    2
%define MOVE_WORD  4                    ; what arrived: first dword
%define MOVE_LAST  8                    ; last dword
%define MOVE_AFTER 12                   ; the dword behind
%define ROM_CF     16
%define ROM_WORD   20                   ; from FFFFFFF0h
%define ROM_LOW    24                   ; what is at F000:FFF0

main:
        call    run_both
        mov     si, observations
        mov     di, observations_before
        expect_equal16 [di + MOVE_CF], 0, "without a client a move succeeds"
        expect_equal [di + MOVE_WORD], 11223344h, "without a client it moves"
        expect_equal16 [si + MOVE_CF], 0, "with a client a move succeeds"
        expect_equal16 [si + MOVE_AH], 0, "with a client AH is 0"
        expect_equal [si + MOVE_WORD], 11223344h, "with a client it moves, first dword"
        expect_equal [si + MOVE_LAST], 55667788h, "with a client it moves, last dword"
        expect_equal [si + MOVE_AFTER], 0EEEEEEEEh, "with a client it stops where it should"
        expect_equal16 [si + ROM_CF], [di + ROM_CF], "a move from high ROM: the same carry"
        mov     eax, [di + ROM_WORD]
        expect_equal [si + ROM_WORD], eax, "a move from high ROM: the same bytes"
        jmp     finish

real_work:
        mov     dword [source], 11223344h
        mov     dword [source + 60], 55667788h
        mov     dword [target], 0
        mov     dword [target + 60], 0
        mov     dword [target + 64], 0EEEEEEEEh
        mov     ax, source
        call    linear_of
        mov     ecx, 32
        call    move
        mov     di, observations
        mov     [di + MOVE_AH], ah
        setc    [di + MOVE_CF]
        mov     eax, [target]
        mov     [di + MOVE_WORD], eax
        mov     eax, [target + 60]
        mov     [di + MOVE_LAST], eax
        mov     eax, [target + 64]
        mov     [di + MOVE_AFTER], eax

        mov     eax, 0FFFFFFF0h
        mov     ecx, 2
        call    move
        mov     di, observations
        setc    [di + ROM_CF]
        mov     eax, [target]
        mov     [di + ROM_WORD], eax
        ret

; move: EAX = physical source, CX = words, to target. Out: AH, CF of INT 15h 87h.
move:
        push    cx
        mov     di, table
        mov     cx, 48 / 2
        push    ax
        xor     ax, ax
        rep     stosw
        pop     ax
        mov     word [table + 10h], 0FFFFh
        mov     [table + 12h], ax
        shr     eax, 16
        mov     [table + 14h], al
        mov     byte [table + 15h], 93h
        mov     [table + 17h], ah
        mov     ax, target
        call    linear_of
        mov     word [table + 18h], 0FFFFh
        mov     [table + 1Ah], ax
        shr     eax, 16
        mov     [table + 1Ch], al
        mov     byte [table + 1Dh], 93h
        mov     [table + 1Fh], ah
        pop     cx
        push    ds
        pop     es
        mov     si, table
        mov     ah, 87h
        int     15h
        ret

section .bss
        alignb 4
table:  resb 48
source: resb 64
target: resb 68
