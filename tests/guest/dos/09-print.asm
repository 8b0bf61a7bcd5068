; INT 21h 09h, print a string to its dollar sign ("MS-DOS" extension): all of it comes out, wherever in the client's memory it lies, and of any
; length; a string without an end in its segment is not read further than that.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 14
; timeout: 60

%include "dpmi.inc"

%define LENGTH 9000                     ; more than goes through the transfer buffer at once

main:
        call    enter_protected_mode
        mov     bx, 1
        xor     cx, cx
        int31   0501h
        push    bx
        push    cx
        pop     dword [block]
        mov     edx, [block]
        mov     ecx, 0FFFFh
        call    segment_at
        mov     [text_segment], ax

        ; standard output goes to a file
        mov     ah, 45h
        mov     bx, 1
        int     21h
        mov     [console], ax
        mov     ah, 3Ch
        xor     cx, cx
        mov     edx, name
        int     21h
        mov     [file], ax
        mov     bx, ax
        mov     ah, 46h
        mov     cx, 1
        int     21h

        mov     edx, 10h
        mov     cx, 5
        call    print
        mov     ecx, 5
        call    judge
        expect_equal [judged], 0, "09h: a short string"
        mov     edx, 0FFFFh
        mov     cx, 0
        call    print
        mov     ecx, 0
        call    judge
        expect_equal [judged], 0, "09h: an empty one, the segment's last byte"
        mov     edx, 1FFh
        mov     cx, LENGTH
        call    print
        mov     ecx, LENGTH
        call    judge
        expect_equal [judged], 0, "09h: a long one"

        ; no end: refused, or as far as the segment goes
        mov     edx, 10h
        mov     cx, 5
        call    lay_out
        mov     edx, [block]
        mov     ecx, 14h
        call    segment_at
        mov     [in_short], ax
        call    rewind
        service 0900h, 21h
        mov     ax, [in_short]
        mov     [in_ds], ax
        set_pointer in_edx, 10h
        call    call_service
        call    size
        cmp     ecx, 5
        expect_flag be, "09h: no more than there is, without an end"
        service 0900h, 21h
        mov     word [in_ds], 0
        call    call_service
        passed  "09h: a null selector"

        mov     ah, 46h
        mov     bx, [console]
        mov     cx, 1
        int     21h
        mov     ah, 3Eh
        mov     bx, [file]
        int     21h
        mov     ah, 3Eh
        mov     bx, [console]
        int     21h
        mov     ah, 41h
        mov     edx, name
        int     21h
        jmp     finish

; lay_out: CX characters at offset EDX of the text's segment, and the end.
lay_out:
        push    es
        mov     es, [text_segment]
        mov     di, dx
        mov     al, 'A'
        jcxz    .end
.character:
        stosb
        inc     al
        cmp     al, 'Z'
        jbe     .next
        mov     al, 'A'
.next:
        loop    .character
.end:
        mov     byte [es:di], '$'
        pop     es
        ret

; print: those, by the call, into the empty file. Verdicts: registers.
print:
        push    edx
        call    lay_out
        call    rewind
        service 0900h, 21h
        pop     edx
  %if WIDTH == 32
        mov     [in_edx], edx
  %else
        mov     [in_dx], dx
  %endif
        mov     ax, [text_segment]
        mov     [in_ds], ax
        and     word [in_flags], 0FFFFh ^ FLAG_CARRY
        call    call_service
        accepted "09h: prints"
        cmp     byte [out_eax], '$'
        expect_flag e, "09h: returns AL=24h"
        ret

rewind:
        mov     ax, 4200h
        mov     bx, [file]
        xor     cx, cx
        xor     dx, dx
        int     21h
        mov     ah, 40h
        xor     cx, cx
        int     21h
        ret

; size: ECX = bytes of the file.
size:
        mov     ax, 4202h
        mov     bx, [file]
        xor     cx, cx
        xor     dx, dx
        int     21h
        push    dx
        push    ax
        pop     ecx
        ret

; judge: [judged] = 0 if the file holds ECX characters, the right ones; else its size, or the place of a wrong one.
judge:
        push    ecx
        call    size
        mov     [judged], ecx
        pop     eax
        cmp     eax, ecx
        mov     ecx, eax
        jne     .end
        mov     ax, 4200h
        mov     bx, [file]
        push    ecx
        xor     cx, cx
        xor     dx, dx
        int     21h
        pop     ecx
        mov     ah, 3Fh
        mov     edx, read_back
        int     21h
        mov     dword [judged], 0
        mov     si, read_back
        mov     al, 'A'
        jcxz    .end
.character:
        cmp     al, [si]
        jne     .wrong
        inc     si
        inc     al
        cmp     al, 'Z'
        jbe     .next
        mov     al, 'A'
.next:
        loop    .character
.end:
        ret
.wrong:
        mov     [judged], esi
        ret

section .data
name:         db "PRINTED.TXT", 0
section .bss
              alignb 4
block:        resd 1
text_segment: resw 1
in_short:     resw 1
console:      resw 1
file:         resw 1
read_back:    resb LENGTH
