; The expanded frame of a page fault (DPMI 1.0, 4.3), at 20h from (E)SP in both widths: where the fault was, and in CR2
; what for. A handler can commit the page and return by either frame; by this one, segment registers come from it too.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 15
; service: 0504 0507

%include "dpmi.inc"

FRAME_EIP   equ 2Ch
FRAME_CS    equ 30h
FRAME_ESP   equ 38h
FRAME_SS    equ 3Ch
FRAME_ES    equ 40h
FRAME_DS    equ 44h
FRAME_CR2   equ 50h
PUSHED      equ 10

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        push    ds
        pop     es
        xor     ebx, ebx
        mov     ecx, 3000h
        xor     edx, edx
        int31   0504h
        expect_flag nc, "0504h: three pages, uncommitted"
        mov     [address], ebx
        mov     [handle], esi
        set_handler 0203h, 0Eh, page_fault

        mov     es, [flat]
        add     ebx, 1234h
.write:
        mov     byte [es:ebx], 5Ah
        mov     [es_after], es
        push    ds
        pop     es
        expect_equal16 [faults], 1, "a write where nothing is committed faults once"
        expect_equal [seen + FRAME_CR2], ebx, "CR2 says where"
        expect_equal16 [seen + FRAME_EIP], .write, "EIP"
        mov     ax, cs
        expect_equal16 [seen + FRAME_CS], ax, "CS"
        mov     ax, ss
        expect_equal16 [seen + FRAME_SS], ax, "SS"
        mov     ax, ds
        expect_equal16 [seen + FRAME_DS], ax, "DS"
        mov     ax, [flat]
        expect_equal16 [seen + FRAME_ES], ax, "ES"
        expect_equal16 [es_after], ax, "ES is as it was"
        mov     es, [flat]
        mov     al, [es:ebx]
        push    ds
        pop     es
        xor     ah, ah
        expect_equal16 ax, 5Ah, "the write was done when the page was there"

        mov     byte [expanded], 1
        mov     es, [flat]
        add     ebx, 1000h
        mov     word [resume_at], .elsewhere
        mov     al, [es:ebx]
        mov     word [resume_at], 0
.elsewhere:
        mov     [es_after], es
        push    ds
        pop     es
        expect_equal16 [faults], 2, "a read faults too"
        expect_equal [seen + FRAME_CR2], ebx, "and CR2 says where"
        expect_equal16 [resume_at], .elsewhere, "back by the expanded frame: its EIP counts"
        mov     ax, ds
        expect_equal16 [es_after], ax, "and its ES"
        mov     di, [handle]
        mov     si, [handle + 2]
        int31   0502h
        expect_flag nc, "the block is freed"
        jmp     finish

page_fault:
        push    ds
        push    eax
        push    ebp
        mov     ds, [cs:data_selector]
        frame_base
        inc     word [faults]
        push    es
        push    ecx
        push    esi
        push    edi
        push    ds
        pop     es
        cld
        mov     edi, seen
        lea     esi, [ebp + PUSHED]
        mov     ecx, 58h
        mov     ax, ss
        mov     ds, ax
        a32 rep movsb
        mov     ds, [cs:data_selector]
        pop     edi
        pop     esi
        pop     ecx
        pop     es
        cmp     byte [expanded], 0
        jne     .by_expanded
        push    es
        push    ebx
        push    ecx
        push    edx
        push    esi
        mov     ebx, 1000h              ; the block's second page
        mov     ecx, 1
        mov     esi, [handle]
        push    ds
        pop     es
        mov     edx, committed
        int31   0507h
        pop     esi
        pop     edx
        pop     ecx
        pop     ebx
        pop     es
        pop     ebp
        pop     eax
        pop     ds
        far_return
.by_expanded:
        movzx   eax, word [resume_at]
        mov     [ss:ebp + PUSHED + FRAME_EIP], eax
        mov     ax, ds
        movzx   eax, ax
        mov     [ss:ebp + PUSHED + FRAME_ES], eax
        pop     ebp
        pop     eax
        pop     ds
  %if WIDTH == 32
        add     esp, 20h
  %else
        add     sp, 20h
  %endif
        o32 retf

section .data
committed: dw 9                         ; committed, writable
expanded:  db 0

section .bss
           alignb 4
address:   resd 1
handle:    resd 1
seen:      resb 58h
flat:      resw 1
faults:    resw 1
es_after:  resw 1
resume_at: resw 1
