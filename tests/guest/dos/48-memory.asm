; INT 21h 48h, 49h, 4Ah from protected mode ("MS-DOS" extension): memory by selector, above conventional memory;
; sizes are paragraphs in (E)BX; a 16-bit client gets a selector for each 64 KiB.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 18

%include "dpmi.inc"

%define PARAGRAPHS 1800h

main:
        call    enter_protected_mode
        service 4800h, 21h
        mov     dword [in_ebx], PARAGRAPHS
        call    call_service
        accepted "48h: 96 KiB"
        mov     ax, [out_ax]
        mov     [selector], ax
        mov     bx, ax
        int31   0006h
        push    cx
        push    dx
        pop     eax
        mov     [base], eax
        expect_at_least [base], 100000h, "48h: above 1 MiB"
        movzx   ebx, word [selector]
        lsl     eax, ebx
  %if WIDTH == 16
        add     ebx, 8
        lsl     eax, ebx
        expect_equal eax, 7FFFh, "48h: the second selector has the rest"
        mov     es, bx
        mov     edi, 7FFCh
  %else
        cmp     eax, PARAGRAPHS * 16 - 1
        expect_flag ae, "48h: one selector has all of it"
        mov     es, bx
        mov     edi, PARAGRAPHS * 16 - 4
  %endif
        mov     dword [es:edi], 12345678h
        expect_equal [es:edi], 12345678h, "48h: its end can be written"
        push    ds
        pop     es

        service 4A00h, 21h
        mov     dword [in_ebx], 800h
        mov     ax, [selector]
        mov     [in_es], ax
        call    call_service
        accepted "4Ah: 32 KiB of it"
        movzx   ebx, word [selector]
        lsl     eax, ebx
        expect_equal eax, 7FFFh, "4Ah: the limit follows"
  %if WIDTH == 16
        add     ebx, 8
        lar     eax, ebx
        expect_flag nz, "4Ah: the second selector is gone"
  %else
        passed  "4Ah: there was one selector"
  %endif
        service 4900h, 21h
        mov     ax, [selector]
        mov     [in_es], ax
        call    call_service
        accepted "49h: freed", R_ES
        movzx   ebx, word [selector]
        lar     eax, ebx
        expect_flag nz, "49h: its selector is gone"

        mov     ah, 48h
        or      ebx, -1
        int     21h
        expect_flag c, "48h: all there may ever be"
        expect_equal16 ax, 8, "48h: says that there is not as much"
        expect_at_least ebx, 1000h, "48h: and how much there is"
        mov     ah, 48h
        int     21h
        expect_flag nc, "48h: which can be had"
        push    es
        mov     es, ax
        mov     ah, 49h
        int     21h
        pop     es

        mov     ah, 49h
        push    ds
        mov     bx, [selector]
        xor     ax, ax
        mov     es, ax
        mov     ah, 49h
        int     21h
        pop     ds
        expect_flag c, "49h: the null selector is none"
        push    ds
        pop     es
        mov     ah, 48h
        mov     ebx, 1
        int     21h
        expect_flag nc, "48h: again"
        jmp     finish

section .bss
          alignb 4
base:     resd 1
selector: resw 1
