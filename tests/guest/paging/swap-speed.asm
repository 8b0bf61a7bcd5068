; What paging costs: a 9 MiB block on a machine with 8 MiB, read and written again in order and at random, beside what DOS
; takes for 4 KiB. RDTSC units a page (cycles, or instructions under -icount shift=0), as comments: compare within one run.
; expect: pass
; machines: qemu
; memory: 8
; whole: yes
; width: 32
; timeout: 400
; boot: own

%ifndef BLOCK_MIB
  %define BLOCK_MIB 9
%endif
%define BLOCK_PAGES (BLOCK_MIB * 256)
%define DISK_PAGES 1024
%define DISK_SAMPLES 64                 ; of these, at random: DOS is slow at it

%include "dpmi.inc"
        cpu     586                     ; RDTSC

; timed "text", PAGES, ROUTINE
%macro timed 3
        rdtsc
        mov     [started], eax
        mov     [started + 4], edx
        call    %3
        rdtsc
        sub     eax, [started]
        sbb     edx, [started + 4]
        mov     ecx, %2
        div     ecx
        comment_decimal %1, eax
%endmacro

; comment_decimal "text", VALUE
%macro comment_decimal 2
        mov     [told], %2
        report_text %1
        call    tell
%endmacro

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax

        call    make_file
        timed   "4 KiB written through DOS, in order, units", DISK_PAGES, file_write
        call    rewind
        timed   "4 KiB read through DOS, in order, units", DISK_PAGES, file_read
        call    shuffle_disk
        timed   "4 KiB read through DOS, at random, units", DISK_SAMPLES, file_read_random
        timed   "4 KiB written through DOS, at random, units", DISK_SAMPLES, file_write_random
        call    remove_file

        service 0501h
        set_pair in_bx, in_cx, BLOCK_MIB * 100000h
        call    call_service
        accepted "0501h: more than there is", R_EBX | R_ECX | R_ESI | R_EDI
        movzx   eax, word [out_bx]
        shl     eax, 16
        mov     ax, [out_cx]
        mov     [address], eax

        mov     dword [round], 12345678h
        timed   "filled in order, units a page", BLOCK_PAGES, fill
        timed   "read in order, units a page", BLOCK_PAGES, verify
%ifndef QUICK                           ; for hosts that take minutes
        timed   "read in order again, units a page", BLOCK_PAGES, verify
        expect_equal [wrong], 0, "read in order"
        timed   "read downwards, units a page", BLOCK_PAGES, verify_down
        expect_equal [wrong], 0, "read downwards"
        call    shuffle_block
        timed   "read at random, units a page", BLOCK_PAGES, verify_random
        timed   "read at random again, units a page", BLOCK_PAGES, verify_random
        expect_equal [wrong], 0, "read at random"
        mov     dword [round], 87654321h
        timed   "written at random, units a page", BLOCK_PAGES, fill_random
        timed   "written at random again, units a page", BLOCK_PAGES, fill_random
        timed   "read in order at last, units a page", BLOCK_PAGES, verify
        expect_equal [wrong], 0, "read in order at last"
%endif
        jmp     finish

; --- pages ----------------------------------------------------------------------

; put_page, check_page: page ESI.
put_page:
        mov     ebx, esi
        shl     ebx, 12
        add     ebx, [address]
        mov     eax, esi
        imul    eax, eax, 9E3779B1h
        xor     eax, [round]
        mov     [es:ebx], eax
        mov     [es:ebx + 0FFCh], eax
        ret
check_page:
        mov     ebx, esi
        shl     ebx, 12
        add     ebx, [address]
        mov     eax, esi
        imul    eax, eax, 9E3779B1h
        xor     eax, [round]
        cmp     [es:ebx], eax
        jne     .wrong
        cmp     [es:ebx + 0FFCh], eax
        je      .end
.wrong: inc     dword [wrong]
.end:   ret

fill:   mov     di, put_page
        jmp     ascending
verify: mov     di, check_page
ascending:
        mov     es, [flat]
        xor     esi, esi
.next:  call    di
        inc     esi
        cmp     esi, BLOCK_PAGES
        jb      .next
        jmp     own_es

verify_down:
        mov     es, [flat]
        mov     esi, BLOCK_PAGES - 1
.next:  call    check_page
        dec     esi
        jns     .next
own_es: push    ds
        pop     es
        ret

fill_random:
        mov     di, put_page
        jmp     scattered
verify_random:
        mov     di, check_page
scattered:
        mov     es, [flat]
        xor     ebp, ebp
.next:  movzx   esi, word [order + ebp * 2]
        call    di
        inc     ebp
        cmp     ebp, BLOCK_PAGES
        jb      .next
        jmp     own_es

; --- random order ---------------------------------------------------------------

shuffle_disk:
        mov     ecx, DISK_PAGES
        jmp     shuffle
shuffle_block:
        mov     ecx, BLOCK_PAGES
; shuffle: the numbers below ECX, each once.
shuffle:
        xor     ebx, ebx
.number:
        mov     [order + ebx * 2], bx
        inc     ebx
        cmp     ebx, ecx
        jb      .number
        mov     esi, 12345
.swap:  imul    esi, esi, 1664525
        add     esi, 1013904223
        mov     eax, esi
        shr     eax, 8
        xor     edx, edx
        div     ecx
        mov     ax, [order + ecx * 2 - 2]
        xchg    ax, [order + edx * 2]
        mov     [order + ecx * 2 - 2], ax
        dec     ecx
        jnz     .swap
        ret

; --- the file -------------------------------------------------------------------

; dos: INT 21h in real mode, AX, BX, CX, DX as given; DS is the program's. Out: AX.
dos:    call    clear_call
        mov     [call_eax], eax
        mov     [call_ebx], ebx
        mov     [call_ecx], ecx
        mov     [call_edx], edx
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_es], ax
        mov     [call_ss], ax
        mov     word [call_sp], real_stack_top
        mov     ax, 0300h
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int     31h
        mov     eax, [call_eax]
        test    byte [call_flags], FLAG_CARRY
        jz      .end
        inc     dword [disk_errors]
.end:   ret

make_file:
        mov     eax, 3C00h
        xor     ecx, ecx
        mov     edx, file_name
        call    dos
        mov     [handle], ax
        ret
remove_file:
        mov     eax, 3E00h
        movzx   ebx, word [handle]
        call    dos
        mov     eax, 4100h
        mov     edx, file_name
        call    dos
        expect_equal [disk_errors], 0, "the disk answers"
        ret
rewind: xor     esi, esi
; seek: to page ESI of the file.
seek:   shl     esi, 12
        mov     eax, 4200h
        movzx   ebx, word [handle]
        mov     ecx, esi
        shr     ecx, 16
        movzx   edx, si
        jmp     dos

; transfer: AH = 3Fh or 40h.
transfer:
        movzx   ebx, word [handle]
        mov     ecx, 4096
        mov     edx, buffer
        jmp     dos

file_write:
        mov     ebp, DISK_PAGES
.next:  mov     eax, 4000h
        call    transfer
        dec     ebp
        jnz     .next
        ret
file_read:
        mov     ebp, DISK_PAGES
.next:  mov     eax, 3F00h
        call    transfer
        dec     ebp
        jnz     .next
        ret
file_read_random:
        mov     word [function], 3F00h
        jmp     file_random
file_write_random:
        mov     word [function], 4000h
file_random:
        xor     ebp, ebp
.next:  movzx   esi, word [order + ebp * 2]
        call    seek
        movzx   eax, word [function]
        call    transfer
        inc     ebp
        cmp     ebp, DISK_SAMPLES
        jb      .next
        ret

; tell: stack: text; [told] as a decimal comment.
tell:
        pop     word [report_return]
        pop     word [report_line_text]
        call    report_comment_start
        mov     al, ' '
        call    report_character
        mov     eax, [told]
        call    report_decimal
        call    report_line_end
        jmp     [report_return]

section .data
file_name:        db "C:\SPEED.TMP", 0

section .bss
                  alignb 4
started:          resd 2
told:             resd 1
address:          resd 1
round:            resd 1
wrong:            resd 1
disk_errors:      resd 1
flat:             resw 1
handle:           resw 1
function:         resw 1
                  alignb 4
order:            resw BLOCK_PAGES
                  alignb 16
buffer:           resb 4096
section .text
