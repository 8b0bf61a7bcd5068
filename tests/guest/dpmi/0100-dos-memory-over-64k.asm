; INT 31h 0100h to 0102h with more than 64 KiB (DPMI 0.9, 0100h): a 16-bit client
; gets contiguous descriptors, the last with the rest; the first is of 64 KiB, or of
; the whole block (a 16-bit host on a 386 does that). A 32-bit client gets one
; descriptor that covers the whole block.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 17
; service: 0100 0101 0102

%include "dpmi.inc"

%define PARAGRAPHS 1800h                ; 96 KiB

main:
        call    enter_protected_mode
        mov     bx, 0FFFFh
        int31   0100h
        mov     [largest], bx
        service 0100h
        mov     word [in_bx], PARAGRAPHS
        call    call_service
        accepted "96 KiB", R_EDX
        mov     ax, [out_ax]
        mov     [block_segment], ax
        mov     bx, [out_dx]
        mov     [selector], bx
        call    examine
        call    judge_first_limit
        expect_flag e, "the first descriptor's limit is right"
        movzx   eax, word [block_segment]
        shl     eax, 4
        expect_equal [base], eax, "its base is that of the segment"

  %if WIDTH == 32
        mov     es, [selector]
        mov     edi, 17FFCh
        mov     dword [es:edi], 5678EF01h
        expect_equal [es:edi], 5678EF01h, "the end of the block can be reached"
        movzx   eax, word [block_segment]
        add     ax, 1000h
        mov     bx, ax
        int31   0002h
        mov     fs, ax
        expect_equal [fs:7FFCh], 5678EF01h, "and is where it should be"
  %else
        add     bx, 8
        call    examine
        expect_equal [limit], 7FFFh, "the second descriptor covers the rest"
        movzx   eax, word [block_segment]
        shl     eax, 4
        add     eax, 10000h
        expect_equal [base], eax, "its base is 64 KiB higher"
        mov     es, [selector]
        mov     fs, bx
        mov     dword [fs:7FFCh], 5678EF01h
  %endif
        push    ds
        pop     es
        xor     ax, ax
        mov     fs, ax

        service 0101h
        mov     ax, [selector]
        mov     [in_dx], ax
        call    call_service
        accepted "free it"
        movzx   ebx, word [selector]
        lar     eax, ebx
        expect_flag nz, "the first selector is gone"
  %if WIDTH == 16
        add     ebx, 8
        lar     eax, ebx
        expect_flag nz, "the second selector is gone"
  %else
        passed  "there was no second selector to free"
  %endif
        mov     bx, 0FFFFh
        int31   0100h
        expect_equal16 bx, [largest], "DOS has as much memory as before"

        ; exactly 64 KiB needs one
        service 0100h
        mov     word [in_bx], 1000h
        call    call_service
        accepted "64 KiB", R_EDX
        mov     bx, [out_dx]
        call    examine
        expect_equal [limit], 0FFFFh, "its limit is FFFFh"

        ; growing over 64 KiB
        service 0102h
        mov     word [in_bx], PARAGRAPHS
        mov     ax, bx
        mov     [in_dx], ax
        mov     [selector], ax
        call    call_service
        test    word [out_flags], FLAG_CARRY
        jnz     .not_grown
        ; allowed: then the first limit has to be right
        mov     bx, [selector]
        call    examine
        call    judge_first_limit
        jmp     .judge
.not_grown:
        ; allowed too (8011h: no descriptor follows the first): left as it was
        mov     bx, [selector]
        call    examine
        cmp     dword [limit], 0FFFFh
.judge:
        expect_flag e, "growing over 64 KiB: done rightly, or refused and unchanged"
        mov     dx, [selector]
        int31   0101h
        expect_flag nc, "it can be freed"
        mov     bx, 0FFFFh
        int31   0100h
        expect_equal16 bx, [largest], "DOS has as much memory as before again"
        jmp     finish

; judge_first_limit: ZF = 1 where [limit] is right for the first descriptor.
judge_first_limit:
        cmp     dword [limit], PARAGRAPHS * 16 - 1
  %if WIDTH == 16
        je      .end
        cmp     dword [limit], 0FFFFh
.end:
  %endif
        ret

; examine: BX = selector. Fills limit (LSL) and base (0006h). Keeps BX.
examine:
        movzx   ebx, bx
        mov     eax, 0DEADDEADh
        lsl     eax, ebx
        mov     [limit], eax
        int31   0006h
        push    cx
        push    dx
        pop     dword [base]
        ret

section .bss
          alignb 4
limit:    resd 1
base:     resd 1
largest:  resw 1
block_segment:  resw 1
selector: resw 1
