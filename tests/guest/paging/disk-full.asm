; The disk fills up while programs page: what does not fit is refused, what was granted stays right, 1 MiB of the disk stays
; free; and when there is room again, there is more to be had.
; expect: pass
; machines: qemu bochs
; host-args: /MEM=2M /SWAP=C:\
; disk: 32
; width: 16 32
; plan: 14
; timeout: 120
; boot: own

%include "dpmi.inc"
%include "fill.inc"

%define PIECE       (PIECE_PAGES * 4096)
%define PIECE_PAGES 64                  ; blocks of 256 KiB, one above the other
%define ROOM        1200000h / 8        ; of the disk, that the filler leaves: 2.25 MiB

main:
        mov     ah, 36h
        mov     dl, 3
        int     21h
        movzx   eax, ax
        movzx   ecx, cx
        mul     ecx
        mov     [cluster], eax
        movzx   ebx, bx
        mul     ebx
        sub     eax, ROOM
        mov     [filler], eax
        mov     ah, 3Ch
        xor     cx, cx
        mov     dx, file_name
        int     21h
        mov     [handle], ax
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        mov     eax, [filler]
        call    set_size
        expect_flag nc, "a file fills most of the disk"

        mov     dword [round], 1
        call    take_all
        expect_equal16 [refusal], 8013h, "in the end 8013h"
        mov     eax, [pages]
        comment_value "pages had:", eax
        mov     edi, information
        push    ds
        pop     es
        int31   0500h
        expect_at_least [pages], [information + 18h], "as much as the machine has, and more"
        call    disk_free
        expect_at_least eax, 100000h, "1 MiB of the disk is free still"
        change  "changed in order", upwards

        ; Now somebody else takes the rest.
        mov     eax, [filler]
        add     eax, ROOM
.less:
        sub     eax, [cluster]
        push    eax
        call    set_size
        pop     eax
        cmp     eax, [filler]
        jbe     .full
        call    disk_free
        cmp     eax, 10000h
        ja      .less
.full:
        call    disk_free
        comment_value "free bytes of the disk:", eax
        change  "changed downwards, with the disk full", downwards
        mov     eax, [pages]
        push    eax
        call    take_all
        pop     eax
        expect_equal [pages], eax, "nothing more is granted"
        expect_equal16 [refusal], 8013h, "but refused with 8013h"
        pass    "read in order", upwards, check_page

        mov     eax, 3E00h
        call    dos
        mov     eax, 4100h
        mov     edx, file_name
        call    dos_with
        expect_flag nc, "the file is deleted"
        mov     eax, [pages]
        mov     [old_pages], eax
        inc     eax
        mov     [least], eax
        mov     dword [most], 1000
        call    take_all
        expect_at_least [pages], [least], "there is more to be had"
        pass    "read in order again", upwards, check_page
        change  "changed in order at last", upwards
        pass    "read in order at last", upwards, check_page
        jmp     finish

; take_all: pieces until one is refused, each filled at once; at most [most] pages more.
take_all:
        mov     eax, [pages]
        add     eax, [most]
        mov     [stop], eax
.piece:
        mov     eax, [pages]
        cmp     eax, [stop]
        jae     .end
        mov     bx, PIECE >> 16
        mov     cx, PIECE & 0FFFFh
        int31   0501h
        mov     [refusal], ax
        jc      .end
        push    bx
        push    cx
        pop     eax
        cmp     dword [address], 0
        jne     .not_first
        mov     [address], eax
.not_first:
        mov     ecx, [pages]
        shl     ecx, 12
        add     ecx, [address]
        cmp     eax, ecx
        jne     .elsewhere
        mov     es, [flat]
        mov     esi, [pages]
        add     dword [pages], PIECE_PAGES
.page:
        call    fill_page
        inc     esi
        cmp     esi, [pages]
        jb      .page
        push    ds
        pop     es
        jmp     .piece
.elsewhere:
        failed  "the blocks lie one above the other"
.end:
        ret

; disk_free: EAX = bytes.
disk_free:
        mov     eax, 3600h
        mov     edx, 3
        call    dos_with
        movzx   eax, word [call_ebx]
        mul     dword [cluster]
        ret

; set_size: the filler gets EAX bytes. CF = 1 if it has not.
set_size:
        mov     edx, eax
        mov     ecx, eax
        shr     ecx, 16
        mov     eax, 4200h
        call    dos_at
        mov     eax, 4000h
        xor     ecx, ecx
; dos: INT 21h with the filler's handle, by 0300h. Out EAX, CF.
dos:
        xor     edx, edx
dos_at:
        movzx   ebx, word [handle]
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
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        mov     eax, [call_eax]
        bt      word [call_flags], 0
        ret

section .data
file_name:        db "C:\FILLER.TMP", 0
most:             dd 100000
section .bss
                  alignb 4
cluster:          resd 1
filler:           resd 1
least:            resd 1
old_pages:        resd 1
stop:             resd 1
handle:           resw 1
refusal:          resw 1
section .text
