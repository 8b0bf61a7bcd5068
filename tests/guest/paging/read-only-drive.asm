; The swap file's drive is write-protected: what the machine does not have is refused with 8013h, each time, and the program's
; critical-error handler hears nothing; what it has can be had.
; expect: pass
; machines: qemu bochs
; host-args: /MEM=2M /SWAP=A:\
; floppy: read-only
; width: 16 32
; plan: 9
; timeout: 100
; boot: own

%include "dpmi.inc"
%include "fill.inc"
%include "paging/ask.inc"

main:
        mov     dx, critical_hook
        mov     ax, 2524h
        int     21h
        call    enter_protected_mode
        call    machine_pages
        mov     [pages], eax
        mov     ecx, eax
        shr     ecx, 1
        add     eax, ecx
        mov     [wanted], eax
        call    ask
        refused "0501h: more than there is", 8013h
        call    ask
        refused "0501h: the same again", 8013h
        expect_equal [critical], 0, "the program's INT 24h saw nothing of it"
        shr     dword [pages], 1
        mov     eax, [pages]
        mov     [wanted], eax
        call    ask
        accepted "0501h: half of what there is", R_EBX | R_ECX | R_ESI | R_EDI
        call    use_answer
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page
        pass    "read in order", upwards, check_page
        jmp     finish

critical_hook:
        inc     dword [cs:critical]
        mov     al, 3
        iret

section .bss
critical:         resd 1
section .text
