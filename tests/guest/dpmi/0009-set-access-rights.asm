; INT 31h 0009h, Set Segment Access Rights (DPMI 1.0): type, present and DPL in CL;
; granularity, size and the available bit in CH; 8021h for what would be a system
; descriptor or another ring; 8022h for selectors that are not the client's. Bit 5 of CH has to be zero; programs leave it
; set, and hosts ignore it.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 40 43
; service: 0009

%include "dpmi.inc"

%define RIGHTS 0D0FE00h                 ; LAR without the accessed bit

; rights_are CX, LAR, "text"
%macro rights_are 3
        service 0009h
        mov     ax, [selector]
        mov     [in_bx], ax
        mov     word [in_cx], %1
        call    call_service
        accepted %3
        movzx   ebx, word [selector]
        lar     eax, ebx
        and     eax, RIGHTS
        %strcat %%text %3, ": LAR agrees"
        expect_equal eax, %2, %%text
%endmacro

%macro rights_refused 2
        service 0009h
        mov     ax, [selector]
        mov     [in_bx], ax
        mov     word [in_cx], %1
        call    call_service
        refused %2, 8021h
%endmacro

main:
        call    enter_protected_mode
        mov     cx, 1
        int31   0000h
        mov     [selector], ax

        rights_are 00F0h, 00F000h, "read-only data"
        rights_are 00F2h, 00F200h, "writable data"
        rights_are 00F6h, 00F600h, "writable data that expands down"
        rights_are 00FAh, 00FA00h, "readable code"
        rights_are 0072h, 007200h, "data that is not present"
  %if WIDTH == 32
        rights_are 40F2h, 40F200h, "32-bit data"
        rights_are 10F2h, 10F200h, "the available bit"
        rights_are 80F2h, 80F200h, "granularity in pages"
  %else
        rights_are 00F3h, 00F200h, "data with the accessed bit set"
        rights_are 00FBh, 00FA00h, "code with the accessed bit set"
        rights_are 00F2h, 00F200h, "writable data again"
  %endif
  %if WIDTH == 32
        rights_are 20F2h, 00F200h, "a bit that has to be zero"
  %endif
        rights_are 00F2h, 00F200h, "back to bytes and 16 bits"

        rights_refused 0092h, "DPL 0"
        rights_refused 00D2h, "DPL 2"
        rights_refused 00E2h, "a system descriptor"
        rights_refused 00B2h, "DPL 1"
        movzx   ebx, word [selector]
        lar     eax, ebx
        and     eax, RIGHTS
        expect_equal eax, 00F200h, "the refusals left the descriptor alone"


        ; The text rules these out too. Other hosts accept them and programs may
        ; use them, so the answer is noted, not judged.
        mov     bx, [selector]
        mov     cx, 00FEh
        int31   0009h
        setc    al
        movzx   eax, al
        comment_value "conforming code refused:", eax
        mov     cx, 00F8h
        int31   0009h
        setc    al
        movzx   eax, al
        comment_value "execute-only code refused:", eax

        service 0009h
        mov     word [in_bx], 0
        mov     word [in_cx], 0F2h
        call    call_service
        refused "the null selector", 8022h
        service 0009h
        mov     word [in_bx], 0FFFFh
        mov     word [in_cx], 0F2h
        call    call_service
        refused "a selector never allocated", 8022h
        jmp     finish

section .bss
selector: resw 1
