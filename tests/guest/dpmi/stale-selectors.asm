; A segment register whose descriptor stops being one for data is null when the service returns that made it so; the other
; three keep what they had. Each register in turn, by 0009h, 000Ch and 0001h.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 24
; service: 0009 000C 0001

%include "dpmi.inc"

; The number of the one that goes, and its name.
%macro judge_register 2, "FS"
        mov     word [stale], %1
        call    by_rights
  %strcat %%text "0009h, ", %2, ": the other registers are kept"
        expect_equal [others], 0, %%text
  %strcat %%text "0009h, ", %2, ": it is null"
        expect_equal16 [itself], 0, %%text
        call    by_descriptor
  %strcat %%text "000Ch, ", %2, ": the other registers are kept"
        expect_equal [others], 0, %%text
  %strcat %%text "000Ch, ", %2, ": it is null"
        expect_equal16 [itself], 0, %%text
        call    by_freeing
  %strcat %%text "0001h, ", %2, ": the other registers are kept"
        expect_equal [others], 0, %%text
  %strcat %%text "0001h, ", %2, ": it is null"
        expect_equal16 [itself], 0, %%text
%endmacro

main:
        call    enter_protected_mode
        judge_register 0, "DS"
        judge_register 1, "ES"
        judge_register 2, "FS"
        judge_register 3, "GS"
        jmp     finish

by_rights:
        call    four_selectors
        mov     word [number], 0009h
        mov     cx, 0072h               ; data, not present
        jmp     call_with_them

; Code that cannot be read; ES has to reach the descriptor, so DS's selectors are like the program's.
by_descriptor:
        call    four_selectors
        mov     bx, cs
        mov     edi, descriptor
        int31   000Bh
        mov     byte [descriptor + 5], 0F8h
        mov     word [number], 000Ch
        jmp     call_with_them

by_freeing:
        call    four_selectors
        mov     word [number], 0001h

; call_with_them: the service [number], BX = the selector that goes, with all four loaded; CX and DI as they are.
call_with_them:
        mov     edi, descriptor
        mov     si, [stale]
        shl     si, 1
        mov     bx, [selectors + si]
        mov     es, [selectors + 2]
        mov     fs, [selectors + 4]
        mov     gs, [selectors + 6]
        mov     ax, [number]
        push    ds
        mov     ds, [selectors]
        int     31h
        mov     dx, ds
        mov     ds, [cs:data_selector]
        mov     [now], dx
        pop     dx
        mov     [now + 2], es
        mov     [now + 4], fs
        mov     [now + 6], gs
        mov     ds, dx
        mov     es, dx
        xor     dx, dx
        mov     fs, dx
        mov     gs, dx

        mov     dword [others], 0
        xor     si, si
.register:
        mov     ax, [now + si]
        mov     dx, si
        shr     dx, 1
        cmp     dx, [stale]
        jne     .other
        mov     [itself], ax
        jmp     .next
.other:
        xor     ax, [selectors + si]
        or      [others], ax
.next:
        add     si, 2
        cmp     si, 8
        jb      .register
        ret

; four_selectors: new ones, like DS. Keeps nothing.
four_selectors:
        mov     si, selectors
.next:
        movzx   edx, word [real_segment]
        shl     edx, 4
        mov     ecx, 0FFFFh
        call    segment_at
        mov     [si], ax
        add     si, 2
        cmp     si, selectors + 8
        jb      .next
        ret

section .bss
                alignb 4
descriptor:     resd 2
others:         resd 1
selectors:      resw 4
now:            resw 4
itself:         resw 1
stale:          resw 1
number:         resw 1
