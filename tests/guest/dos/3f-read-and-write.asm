; INT 21h 3Ch, 3Dh, 3Eh, 3Fh, 40h, 41h, 42h from protected mode with pointers ("MS-DOS" extension): a
; file is written and read in one call each, from and to extended memory; a 32-bit client's count
; is ECX, so it may be more than 64 KiB.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 19

%include "dpmi.inc"

%if WIDTH == 32
  %define BYTES 100123
%else
  %define BYTES 60123
%endif

main:
        call    enter_protected_mode
        mov     bx, (BYTES + 100h) >> 16
        mov     cx, (BYTES + 100h) & 0FFFFh
        int31   0501h
        jnc     .allocated
        failed  "extended memory"
        jmp     finish
.allocated:
        push    bx
        push    cx
        pop     edx                     ; linear address
        mov     ecx, BYTES - 1
        call    segment_at
        mov     [buffer_selector], ax
        call    fill_pattern

        mov     ah, 3Ch
        xor     cx, cx
        mov     edx, name
        int     21h
        expect_flag nc, "3Ch: a file is made"
        jc      .end
        mov     [handle], ax

        service 4000h, 21h
        call    use_file
        call    call_service
        accepted "40h: writes all of it"
        mov     eax, [out_eax]
        call    count_of
        expect_equal eax, BYTES, "40h: says how much"

        mov     ax, 4202h
        mov     bx, [handle]
        xor     cx, cx
        xor     dx, dx
        int     21h
        push    dx
        push    ax
        pop     eax
        expect_equal eax, BYTES, "42h: the file has that size"
        mov     ax, 4200h
        xor     cx, cx
        xor     dx, dx
        int     21h

        call    clear_segment
        service 3F00h, 21h
        call    use_file
        call    call_service
        accepted "3Fh: reads all of it"
        mov     eax, [out_eax]
        call    count_of
        expect_equal eax, BYTES, "3Fh: says how much"
        call    check_pattern
        expect_equal ecx, 0, "3Fh: every byte is what was written"

        service 3F00h, 21h
        call    use_file
        call    call_service
        accepted "3Fh: reads at the end"
        mov     eax, [out_eax]
        call    count_of
        expect_equal eax, 0, "3Fh: nothing is left"

        service 3F00h, 21h
        call    use_file
        mov     word [in_bx], 99
        call    call_service
        mov     ax, [out_ax]
        expect_equal16 ax, 6, "3Fh: a handle that is none"

        mov     ah, 3Eh
        mov     bx, [handle]
        int     21h
        expect_flag nc, "3Eh: closed"
        mov     ax, 3D00h
        mov     edx, name
        int     21h
        expect_flag nc, "3Dh: opened again"
        mov     bx, ax
        mov     ah, 3Eh
        int     21h
        service 4100h, 21h
        set_pointer in_edx, name
        call    call_service
        accepted "41h: deleted"
        mov     ax, 3D00h
        mov     edx, name
        int     21h
        expect_flag c, "3Dh: gone"
        expect_equal16 ax, 2, "3Dh: says that it is not there"
.end:
        jmp     finish

; use_file: handle, count and buffer in the image.
use_file:
        mov     ax, [handle]
        mov     [in_bx], ax
        mov     ax, [buffer_selector]
        mov     [in_ds], ax
        set_pointer in_edx, 0
  %if WIDTH == 32
        mov     dword [in_ecx], BYTES
  %else
        mov     word [in_cx], BYTES
  %endif
        ret

; count_of: EAX = the count that came back in (E)AX.
count_of:
  %if WIDTH == 16
        movzx   eax, ax
  %endif
        ret

fill_pattern:
        push    es
        mov     es, [buffer_selector]
        xor     edi, edi
.next:
        mov     eax, edi
        imul    eax, eax, 7
        xor     al, ah
        mov     [es:edi], al
        inc     edi
        cmp     edi, BYTES
        jb      .next
        pop     es
        ret

clear_segment:
        push    es
        mov     es, [buffer_selector]
        xor     edi, edi
.next:
        mov     byte [es:edi], 0
        inc     edi
        cmp     edi, BYTES
        jb      .next
        pop     es
        ret

; check_pattern: ECX = how many bytes are wrong.
check_pattern:
        push    es
        mov     es, [buffer_selector]
        xor     edi, edi
        xor     ecx, ecx
.next:
        mov     eax, edi
        imul    eax, eax, 7
        xor     al, ah
        cmp     [es:edi], al
        je      .right
        inc     ecx
.right:
        inc     edi
        cmp     edi, BYTES
        jb      .next
        pop     es
        ret

section .data
name:    db 'DOSTEST.TMP', 0

section .bss
buffer_selector: resw 1
handle:  resw 1
