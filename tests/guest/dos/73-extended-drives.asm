; INT 21h 7302h, 7303h (FAT32), 440Dh 0860h and 0866h, 69h, 1Ch and 36h from protected mode: what they write to a client's
; extended memory is what they write to conventional memory in real mode.
; expect: pass
; machines: qemu bochs
; width: 16 32
; plan: 15

%include "dpmi.inc"

%define RESULT_BYTES 100h

; same AX, "text", OFFSET REGISTER, BYTES [, BX, CX, SI]: the call with its pointer to the block, and through 0300h with a pointer
; to conventional memory; both succeed, and write the same.
%macro same 4-7 3, 0, 0
        mov     word [want_ax], %1
        mov     word [want_bx], %5
        mov     word [want_cx], %6
        mov     word [want_si], %7
        mov     word [want_bytes], %4
        mov     byte [in_di_too], %3
        call    both
        expect_equal16 [refusals], 0, %2
        %strcat %%text %2, ": the same as in real mode"
        expect_equal16 [different], 0, %%text
%endmacro

%define BY_DX 0
%define BY_DI 1

main:
        call    enter_protected_mode
        xor     bx, bx
        mov     cx, 2000h
        int31   0501h
        push    bx
        push    cx
        pop     edx
        mov     ecx, 1FFFh
        call    segment_at
        mov     [block], ax
        mov     es, ax
        mov     dword [es:1000h], 'C:\'

        same    7303h, "7303h, free space", BY_DI, 2Ch, 0, 2Ch
        expect_equal [result + 8], 512, "7303h: 512 bytes a sector"
        same    7302h, "7302h, drive parameters", BY_DI, 3Fh, 0, 3Fh, 0F1A6h
        same    440Dh, "440Dh 0860h, device parameters", BY_DX, 1Ch, 3, 0860h
        same    440Dh, "440Dh 0866h, media serial number", BY_DX, 25, 3, 0866h
        same    6900h, "69h, the same by another way", BY_DX, 25, 3
        mov     eax, [serial_before]
        expect_equal [result + 2], eax, "69h: the serial number of 0866h"

        ; returned pointers
        mov     ah, 1Ch
        mov     dl, 3
        push    ds
        int     21h
        push    ds
        pop     es
        pop     ds
        mov     al, [es:bx]
        cmp     al, 0F8h
        expect_flag e, "1Ch: DS:BX is a fixed disk's media byte"
        mov     ah, 32h
        mov     dl, 3
        push    ds
        int     21h
        push    ds
        pop     es
        pop     ds
        mov     al, [es:bx]
        cmp     al, 2
        expect_flag e, "32h: DS:BX is drive C's parameter block"
        mov     ah, 52h
        int     21h
        mov     ax, es
        test    ax, 4
        expect_flag nz, "52h: ES is a selector"
        jmp     finish

both:
        mov     eax, [result + 2]
        mov     [serial_before], eax
        mov     word [refusals], 0
        ; to the block
        mov     es, [block]
        xor     di, di
        call    clear
        push    ds
        mov     ax, [want_ax]
        mov     bx, [want_bx]
        mov     cx, [want_cx]
        mov     si, [want_si]
        mov     edx, 0
        xor     edi, edi
        cmp     byte [in_di_too], BY_DI
        jne     .dx
        mov     dx, 1000h               ; the path, or drive 0 in DL
        cmp     ax, 7303h
        je      .path
        mov     dl, 3
.path:
.dx:
        mov     ds, [block]
        stc
        int     21h
        pop     ds
        adc     word [refusals], 0
        ; to conventional memory
        push    ds
        pop     es
        mov     di, result
        call    clear
        call    clear_call
        mov     eax, [want_ax]
        mov     [call_eax], ax
        mov     ax, [want_bx]
        mov     [call_ebx], ax
        mov     ax, [want_cx]
        mov     [call_ecx], ax
        mov     ax, [want_si]
        mov     [call_esi], ax
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_es], ax
        mov     word [call_edx], result
        mov     word [call_edi], result
        cmp     byte [in_di_too], BY_DI
        jne     .call
        mov     word [call_edx], path
        cmp     word [want_ax], 7303h
        je      .call
        mov     word [call_edx], 3
.call:
        mov     word [call_flags], FLAG_CARRY
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        test    word [call_flags], FLAG_CARRY
        jz      .real_succeeded
        inc     word [refusals]
.real_succeeded:
        ; compare
        mov     cx, [want_bytes]
        mov     fs, [block]
        xor     si, si
        mov     word [different], 0
.next:
        mov     al, [fs:si]
        cmp     al, [result + si]
        je      .equal
        inc     word [different]
.equal:
        inc     si
        loop    .next
        ret

clear:
        mov     cx, RESULT_BYTES
        xor     al, al
        rep     stosb
        ret
section .data
path:             db "C:\", 0
section .bss
                  alignb 4
serial_before:    resd 1
want_ax:          resd 1
block:            resw 1
want_bx:          resw 1
want_cx:          resw 1
want_si:          resw 1
want_bytes:       resw 1
refusals:         resw 1
different:        resw 1
in_di_too:        resb 1
                  alignb 4
result:           resb RESULT_BYTES
