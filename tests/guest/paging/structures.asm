; INT 31h 0300h, 0301h and 0302h whose register structure is in the swap file when they are called: it comes in, is taken as it was
; written, and has the results. Two of the structures lie across a page boundary.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M
; width: 16 32
; plan: 12
; timeout: 120
; boot: own
; service: 0300 0301 0302

%include "dpmi.inc"
%include "fill.inc"

STRUCTURE equ 32h
; Where each lies in its page.
AT_300  equ 210h
AT_301  equ 1000h - 14h
AT_302  equ 1000h - 2Eh

; call_there FUNCTION, PAGE (of the block), PLACE in it
%macro call_there 3
        mov     edx, %2
        mov     eax, %3
        call    structure_in
        mov     word [es:2Ah], %%procedure
        mov     ax, [real_segment]
        mov     [es:2Ch], ax
        mov     [es:24h], ax
        mov     dword [es:1Ch], 3000h   ; DOS's version, of 0300h
        mov     dword [es:10h], 1234h
        push    ds
        pop     es
        pass    "all other pages go by", upwards, check_page
        mov     es, [structure_selector]
        xor     edi, edi
        mov     ax, %1
        mov     bx, 21h
        xor     cx, cx
        int     31h
        expect_flag nc, "the call is made"
        mov     eax, [es:1Ch]
        mov     edx, [es:10h]
        push    ds
        pop     es
        jmp     %%judge
%%procedure:
        mov     eax, ebx
        add     eax, 11110000h
  %if %1 == 0302h
        iret
  %else
        retf
  %endif
%%judge:
%endmacro

main:
        call    enter_protected_mode
        call    half_as_many_again
        ; two pages more, for the structures, which the orders leave alone
        add     eax, 2
        mov     [count], eax
        call    flat_segment
        mov     [flat], ax
        mov     ebx, [count]
        shl     ebx, 12
        mov     cx, bx
        shr     ebx, 16
        int31   0501h
        expect_flag nc, "0501h: more than there is"
        push    bx
        push    cx
        pop     dword [address]
        mov     eax, [pages]
        mov     [count], eax
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page

        call_there 0300h, [pages], AT_300
        and     al, al
        expect_flag nz, "0300h: DOS's version"
        call_there 0301h, [pages], AT_301
        expect_equal eax, 11111234h, "0301h: what the procedure left"
        call_there 0302h, [pages], AT_302
        expect_equal eax, 11111234h, "0302h: what the procedure left"
        pass    "read in order", upwards, check_page
        jmp     finish

; structure_in: ES = [structure_selector] = a zeroed structure at EAX in page EDX of the block. Changes registers.
structure_in:
        shl     edx, 12
        add     edx, [address]
        add     edx, eax
        mov     ecx, STRUCTURE - 1
        call    segment_at
        mov     [structure_selector], ax
        mov     es, ax
        xor     di, di
        mov     cx, STRUCTURE
        xor     al, al
        rep     stosb
        ret

section .bss
structure_selector: resw 1
section .text
