; Pointers of calls that the machine's own BIOS and drivers may not have ("MS-DOS" extension): real-mode handlers of this
; program's answer them. INT 33h 12h, 1Fh, 4Dh, 6Dh; INT 10h 4F02h with timings; INT 13h 48h. And INT 15h 87h, with the table
; in the client's memory.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 15

%include "dpmi.inc"

%macro hook 2                           ; vector, handler
        mov     bl, %1
        int31   0200h
        mov     [old_%1], dx
        mov     [old_%1 + 2], cx
        mov     bl, %1
        mov     cx, [real_segment]
        mov     dx, %2
        int31   0201h
%endmacro
%macro unhook 1
        mov     bl, %1
        mov     dx, [old_%1]
        mov     cx, [old_%1 + 2]
        int31   0201h
%endmacro

main:
        call    enter_protected_mode
        mov     bx, 1                   ; what real mode cannot reach
        xor     cx, cx
        int31   0501h
        push    bx
        push    cx
        pop     edx
        mov     ecx, 0FFFFh
        call    segment_at
        mov     [far_segment], ax
        hook    33h, mouse
        hook    10h, video
        hook    13h, disk

        ; 12h: two masks of 3 words by 20 rows
        mov     es, [far_segment]
        mov     byte [es:500h], 0A1h
        mov     byte [es:500h + 3 * 20 * 4 - 1], 0A2h
        mov     edx, 500h
        mov     bx, 0300h
        mov     cx, 1400h
        mov     ax, 12h
        int     33h
        expect_equal16 ax, 0A2A1h, "33h 12h: the masks, first and last byte"
        expect_equal edx, 500h, "33h 12h: DX is as it was"

        mov     ax, 1Fh
        mov     ebx, 0BBBB0000h
        int     33h
        expect_equal16 bx, answer, "33h 1Fh: the handler's offset"
        mov     eax, [es:bx]
        expect_equal eax, 12345678h, "33h 1Fh: and a selector"
        mov     ax, 4Dh
        int     33h
        mov     eax, [es:di]
        expect_equal eax, 12345678h, "33h 4Dh: a selector for what the driver points to"
        mov     ax, 6Dh
        int     33h
        mov     eax, [es:di]
        expect_equal eax, 12345678h, "33h 6Dh: the same"

        ; timings only where BX says that there are
        mov     es, [far_segment]
        mov     byte [es:700h], 0B1h
        mov     byte [es:700h + 58], 0B2h
        mov     edi, 700h
        mov     bx, 4901h
        mov     ax, 4F02h
        int     10h
        expect_equal16 ax, 0B2B1h, "10h 4F02h: the timings, first and last byte"
        expect_equal edi, 700h, "10h 4F02h: DI is as it was"
        xor     ax, ax
        mov     es, ax
        mov     edi, 700h
        mov     bx, 4101h
        mov     ax, 4F02h
        int     10h
        expect_flag nc, "10h 4F02h: without timings nothing is looked at"

        mov     ax, [far_segment]
        mov     es, ax
        mov     word [es:900h], 1Ah
        push    ds
        mov     ds, ax
        mov     esi, 900h
        mov     ah, 48h
        mov     dl, 80h
        int     13h
        pop     ds
        expect_equal16 ax, 1Ah, "13h 48h: the size that the caller gave"
        mov     eax, [es:902h]
        expect_equal eax, 12345678h, "13h 48h: what the BIOS writes"
        expect_equal esi, 900h, "13h 48h: SI is as it was"
        unhook  13h
        unhook  10h
        unhook  33h

        ; 87h: 16 bytes of this program to another place in it
        xor     eax, eax
        mov     ax, [real_segment]
        shl     eax, 4
        lea     edx, [eax + text]
        add     eax, copy
        mov     es, [far_segment]
        mov     dword [es:110h], 0FFFFh
        mov     [es:112h], edx
        mov     word [es:115h], 9300h
        mov     byte [es:114h], 0
        shr     edx, 16
        mov     [es:114h], dl
        mov     dword [es:118h], 0FFFFh
        mov     [es:11Ah], ax
        shr     eax, 16
        mov     [es:11Ch], al
        mov     byte [es:11Dh], 93h
        mov     esi, 100h
        mov     cx, 8
        mov     ah, 87h
        int     15h
        expect_flag nc, "15h 87h: moves"
        mov     eax, [copy]
        expect_equal eax, [text], "15h 87h: the bytes are there"
        mov     eax, [copy + 12]
        expect_equal eax, [text + 12], "15h 87h: to the last"
        jmp     finish

; --- real mode ----------------------------------------------------------------

mouse:
        cmp     ax, 12h
        je      .masks
        cmp     ax, 1Fh
        je      .handler
        push    cs
        pop     es
        mov     di, answer
        iret
.handler:
        push    cs
        pop     es
        mov     bx, answer
        iret
.masks:
        push    di
        mov     di, dx
        mov     al, [es:di]
        mov     ah, [es:di + 3 * 20 * 4 - 1]
        pop     di
        iret

video:
        cmp     ax, 4F02h
        jne     .chain
        test    bh, 8
        jz      .plain
        mov     al, [es:di]
        mov     ah, [es:di + 58]
.plain:
        push    bp
        mov     bp, sp
        and     byte [bp + 6], 0FEh     ; no carry
        pop     bp
        iret
.chain:
        jmp     far [cs:old_10h]

disk:
        cmp     ah, 48h
        jne     .chain
        mov     ax, [si]
        mov     dword [si + 2], 12345678h
        iret
.chain:
        jmp     far [cs:old_13h]

section .data
                  align 4
answer:           dd 12345678h
text:             db "sixteen bytes ok"
section .bss
                  alignb 4
copy:             resb 16
old_10h:          resw 2
old_13h:          resw 2
old_33h:          resw 2
far_segment:      resw 1
section .text
