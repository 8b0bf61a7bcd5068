; Some places of the swap file cannot be written, ever: the pages go elsewhere in it, and nothing is lost.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; whole: 16
; timeout: 200
; boot: own
; plan: 11

%include "dpmi.inc"
%include "fill.inc"
%include "failing.inc"

%define EVERY 20000h                    ; one bad byte in each 128 KiB of the file
%define WHERE 0A5F0h

main:
        call    enter_protected_mode
        call    machine_pages
        mov     ecx, eax
        shr     ecx, 2
        add     eax, ecx
        mov     [pages], eax
        call    hook_dos
        call    fill_all
        call    unhook_dos
        comment_value "writes that failed:", [refusals]
        expect_at_least [refusals], 10, "some writes failed"
        jmp     finish

; The bad bytes are at WHERE plus multiples of EVERY.
judge_transfer:
        mov     byte [cs:verdict], GO_ON
        cmp     ah, 40h
        jne     .end
        push    eax
        push    edx
        mov     eax, [cs:place]
        sub     eax, WHERE + 1
        and     eax, EVERY - 1
        mov     edx, EVERY - 1
        sub     edx, eax                ; bytes from the place to the next bad one
        movzx   eax, cx
        cmp     edx, eax
        jae     .good
        mov     byte [cs:verdict], REFUSE
.good:
        pop     edx
        pop     eax
.end:
        ret
