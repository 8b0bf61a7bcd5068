; The disk with the swap file does not answer for a while (INT 13h: "not ready", whatever is asked), and then it does again: the
; client waits for it, and no page is wrong.
; expect: pass
; machines: qemu bochs
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; whole: 16
; timeout: 300
; boot: own
; contains: the disk with the swap file does not answer

%include "dpmi.inc"
%include "fill.inc"

%define TICKS 40

main:
        call    enter_protected_mode
        mov     bl, 13h
        int31   0200h
        mov     [old_disk], dx
        mov     [old_disk + 2], cx
        mov     cx, [real_segment]
        mov     dx, disk_hook
        int31   0201h
        call    half_as_many_again
        call    allocate_pages
        expect_flag nc, "0501h: more than there is"
        jc      finish
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page
        call    take_out
        pass    "read in order, while the disk is away", upwards, check_page
        expect_at_least [failures], 1, "it was"
        mov     dword [failures], 0
        call    take_out
        change  "changed in order, while the disk is away", upwards
        expect_at_least [failures], 1, "it was"
        pass    "read in order", upwards, check_page
        mov     bl, 13h
        mov     dx, [old_disk]
        mov     cx, [old_disk + 2]
        int31   0201h
        jmp     finish

; take_out: the disk is away for TICKS ticks of the clock.
take_out:
        mov     es, [flat]
        mov     eax, [es:46Ch]
        push    ds
        pop     es
        mov     [since], eax
        mov     byte [away], 1
        ret

disk_hook:
        cmp     byte [cs:away], 0
        je      .chain
        test    dl, 80h
        jz      .chain
        push    eax
        push    ds
        push    40h
        pop     ds
        mov     eax, [6Ch]
        pop     ds
        sub     eax, [cs:since]
        cmp     eax, TICKS
        pop     eax
        jae     .back
        inc     dword [cs:failures]
        mov     ah, 0AAh                ; the drive is not ready
        push    bp
        mov     bp, sp
        or      byte [bp + 6], FLAG_CARRY
        pop     bp
        iret
.back:
        mov     byte [cs:away], 0
.chain:
        jmp     far [cs:old_disk]

section .bss
                  alignb 4
old_disk:         resw 2
failures:         resd 1
since:            resd 1
away:             resb 1
section .text
