; INT 21h 440Dh CL=61h and CL=41h, read and write sectors of a track ("MS-DOS" extension): the parameters' buffer pointer is offset
; and selector, 2 bytes each in either width; more sectors than the transfer buffer holds.
; expect: pass
; (DOSBox-X has no sectors where a drive is a directory.)
; machines: qemu bochs
; width: 16 32
; plan: 11

%include "dpmi.inc"

%define SECTORS 40                      ; of the 63 of a track
%define BYTES   (SECTORS * 512)

main:
        call    enter_protected_mode
        mov     cx, 2                   ; a block of the client's own, for what comes and what comes again
        mov     bx, 1
        xor     cx, cx
        int31   0501h
        push    bx
        push    cx
        pop     ebx
        mov     [block], ebx
        mov     edx, ebx
        mov     ecx, 0FFFFh
        call    segment_at
        mov     [first_segment], ax
        mov     edx, [block]
        add     edx, 8000h
        mov     ecx, 7FFFh
        call    segment_at
        mov     [second_segment], ax

        mov     ax, [first_segment]
        mov     [parameters + 11], ax
        mov     word [parameters + 9], 10h
        mov     cl, 61h
        call    track
        expect_flag nc, "61h: reads"
        expect_equal16 dx, parameters, "61h: DX is as it was"
        mov     es, [first_segment]
        mov     ax, [es:10h + 510]
        expect_equal16 ax, 0AA55h, "61h: a boot sector comes first"

        ; the same by INT 25h, which finds the drive's first sectors as well
        push    ds
        mov     ax, [second_segment]
        mov     ds, ax
        mov     al, 2
        mov     cx, SECTORS
        xor     dx, dx
        xor     ebx, ebx
        int     25h
        pop     eax
  %if WIDTH == 16
        push    ax                      ; one word of flags only
        shr     eax, 16
        push    ax
        pop     bp
        pop     ax
        mov     ax, bp
        mov     ds, ax
  %else
        pop     ds
  %endif
        call    compare
        expect_equal ecx, 0, "61h: what INT 25h reads, all sectors of it"

        ; the second half by itself
        mov     word [parameters + 5], SECTORS / 2
        mov     word [parameters + 7], SECTORS / 2
        mov     word [parameters + 9], 10h + BYTES / 2
        mov     es, [first_segment]
        mov     word [es:10h + BYTES - 2], 1234h
        mov     cl, 61h
        call    track
        expect_flag nc, "61h: from the middle of a track"
        call    compare
        expect_equal ecx, 0, "61h: the second half comes to the same place"

        ; back as it was
        mov     cl, 41h
        call    track
        expect_flag nc, "41h: writes"
        mov     cl, 61h
        call    track
        call    compare
        expect_equal ecx, 0, "41h: what was written is read again"

        mov     ax, [second_segment]
        mov     [parameters + 11], ax
        mov     word [parameters + 9], 8000h - 512
        mov     cl, 61h
        call    track
        expect_flag c, "61h: a buffer that leaves its segment"
        mov     word [parameters + 11], 0
        mov     cl, 61h
        call    track
        expect_flag c, "61h: no buffer"
        mov     word [parameters + 11], 0FFFCh
        mov     cl, 61h
        call    track
        expect_flag c, "61h: a selector that is none"
        jmp     finish

; track: 440Dh, minor code CL, with the parameters. Out: CF, DX.
track:
        mov     ch, 8
        mov     ax, 440Dh
        mov     bx, 3
        mov     edx, parameters
        int     21h
        ret

; compare: ECX = how many bytes of the two segments differ.
compare:
        push    ds
        mov     es, [first_segment]
        mov     fs, [second_segment]
        xor     ecx, ecx
        xor     bx, bx
.byte:
        mov     al, [es:bx + 10h]
        cmp     al, [fs:bx]
        je      .same
        inc     ecx
.same:
        inc     bx
        cmp     bx, BYTES
        jb      .byte
        xor     ax, ax
        mov     fs, ax
        pop     ds
        ret

section .data
                  align 4
parameters:       db 0                  ; special functions
                  dw 0, 0               ; head, cylinder
                  dw 0, SECTORS         ; first sector, how many
                  dw 0, 0               ; buffer
section .bss
                  alignb 4
block:            resd 1
first_segment:    resw 1
second_segment:   resw 1
section .text
