; A FERRITE.SWP that is not a swap file, or that is write-protected: it is left alone, and what the machine does not have is
; refused with 8013h; once it is out of the way, the same can be had. (In DOSBox-X a user with root's rights may write to
; write-protected files.)
; expect: pass
; machines: qemu bochs
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; plan: 13
; boot: own

%include "dpmi.inc"
%include "fill.inc"
%include "paging/ask.inc"

main:
        call    make_file
        call    enter_protected_mode
        call    half_as_many_again
        mov     [wanted], eax
        call    ask
        refused "0501h, while there is a file of that name", 8013h
        call    same_file
        expect_flag e, "the file is as it was"

        ; One of ours, but nobody may write it.
        mov     si, header
        mov     di, text
        mov     cx, 32
        push    ds
        pop     es
        rep     movsb
        mov     eax, 3D02h
        call    dos
        mov     ebx, eax
        mov     eax, 4000h
        mov     ecx, 32
        mov     edx, text
        call    dos_with
        mov     eax, 3E00h
        call    dos_with
        mov     eax, 4301h
        mov     ecx, 1
        call    dos
        call    ask
        refused "0501h, while the file is write-protected", 8013h
        call    same_file
        expect_flag e, "the file is as it was"

        mov     eax, 4301h
        xor     ecx, ecx
        call    dos
        mov     eax, 4100h
        call    dos
        expect_flag nc, "the file is deleted"
        call    ask
        accepted "0501h, when it is gone", R_EBX | R_ECX | R_ESI | R_EDI
        call    use_answer
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page
        pass    "read in order", upwards, check_page
        call    same_file
        expect_flag ne, "there is a swap file now"
        cmp     dword [found], "FERR"
        expect_flag e, "it begins with its magic"
        jmp     finish

make_file:
        mov     ah, 3Ch
        xor     cx, cx
        mov     dx, file_name
        int     21h
        mov     bx, ax
        mov     ah, 40h
        mov     cx, 64
        mov     dx, text
        int     21h
        mov     ah, 3Eh
        int     21h
        ret

; same_file: ZF=1 if the file's first 64 bytes are [text].
same_file:
        mov     eax, 3D00h
        call    dos
        mov     ebx, eax
        mov     eax, 3F00h
        mov     ecx, 64
        mov     edx, found
        call    dos_with
        mov     eax, 3E00h
        call    dos_with
        mov     si, text
        mov     di, found
        mov     cx, 64
        push    ds
        pop     es
        repe    cmpsb
        ret

; dos: EAX, ECX as given, DS:DX the file's name. dos_with: EBX, EDX as given too. INT 21h by 0300h; out EAX, CF.
dos:
        mov     edx, file_name
dos_with:
        call    clear_call
        mov     [call_eax], eax
        mov     [call_ebx], ebx
        mov     [call_ecx], ecx
        mov     [call_edx], edx
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_ss], ax
        mov     word [call_sp], real_stack_top
        push    ds
        pop     es
        push    ebx
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        pop     ebx
        mov     eax, [call_eax]
        bt      word [call_flags], 0
        ret

section .data
file_name:        db "C:\FERRITE.SWP", 0
text:             db "FERRITE.SWP is also a good name for a letter to a friend. "
                  times 64 - ($ - text) db '.'
; "FERRSWAP", version 1, in use, 16 pages; the checksum is wrong.
header:           db "FERRSWAP"
                  dw 1, 1
                  dd 16, 0, 0, 0, 0

section .bss
found:            resb 64
section .text
