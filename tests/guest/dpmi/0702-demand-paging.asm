; INT 31h 0702h and 0703h, demand paging hints (DPMI 0.9): 0702h marks a region as a
; good candidate and never harms its contents; 0703h discards them: the memory stays
; usable and only whole pages inside the region are affected.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; service: 0702 0703

%include "dpmi.inc"

%define BLOCK 8000h

%macro region 3
        service %1
        set_pair in_bx, in_cx, %2
        set_pair in_si, in_di, %3
        call    call_service
%endmacro

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        mov     bx, BLOCK >> 16
        mov     cx, BLOCK & 0FFFFh
        int31   0501h
        push    bx
        push    cx
        pop     dword [address]
        mov     es, [flat]
        mov     edi, [address]
        mov     ecx, BLOCK / 4
        mov     eax, 0DEC0ADDEh
        a32 rep stosd
        push    ds
        pop     es

        region  0702h, [address], BLOCK
        accepted "0702h: mark a block as a candidate"
        call    whole
        expect_equal ecx, 0, "0702h: its contents are kept"
        mov     eax, [address]
        add     eax, 800h
        region  0703h, eax, 1000h
        accepted "0703h: discard half of two pages"
        call    whole
        expect_equal ecx, 0, "0703h: no whole page lay inside, so all is kept"
        mov     eax, [address]
        add     eax, 1000h
        region  0703h, eax, 2000h
        accepted "0703h: discard two pages"
        mov     es, [flat]
        mov     ebx, [address]
        expect_equal [es:ebx + 0FFCh], 0DEC0ADDEh, "0703h: the page before is kept"
        expect_equal [es:ebx + 3000h], 0DEC0ADDEh, "0703h: the page after is kept"
        mov     dword [es:ebx + 1000h], 1
        mov     dword [es:ebx + 2FFCh], 2
        expect_equal [es:ebx + 1000h], 1, "0703h: the discarded pages can be used"
        expect_equal [es:ebx + 2FFCh], 2, "0703h: to their end"
        push    ds
        pop     es
        region  0702h, 0BFFF0000h, 1000h
        refused "0702h: an address that nobody allocated", 8025h
        region  0703h, 0BFFF0000h, 1000h
        refused "0703h: an address that nobody allocated", 8025h
        jmp     finish

; whole: ECX = 0 where the whole block holds the pattern.
whole:
        push    es
        mov     es, [flat]
        mov     edi, [address]
        mov     ecx, BLOCK / 4
        mov     eax, 0DEC0ADDEh
        a32 repe scasd
        je      .end
        inc     ecx
.end:
        pop     es
        ret

section .bss
         alignb 4
address: resd 1
flat:    resw 1
