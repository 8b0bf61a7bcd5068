; The disk with the swap file does not answer any more (INT 13h: "not ready", whatever is asked): a client that wants a page of it
; ends with a report, and DOS goes on; when the disk answers again, so does the next client.
; expect: pass
; machines: qemu bochs
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; whole: 16 bochs
; timeout: 600
; boot: own
; contains: A page of it cannot be read from the swap file.
; plan: 18

%define RUNS 1
%define PARENT_HOOKS
%define PARENT_AFTER
%include "vm86/victim.inc"
%include "overcommit.inc"

child_ends:
        call    take_too_much
        mov     fs, [results_selector]
        mov     byte [fs:gone], 1
        call    flat_segment
        mov     fs, ax
        xor     esi, esi
.page:
        mov     ebx, esi
        shl     ebx, 12
        add     ebx, [big]
        cmp     [fs:ebx], esi
        jne     .wrong
        inc     esi
        cmp     esi, [big_pages]
        jb      .page
        failed  "all pages came in, from nowhere"
        jmp     .end
.wrong:
        failed  "a page came back wrong"
.end:
        mov     ax, 4C00h
        int     21h

parent_begins:
        mov     ax, 3513h
        int     21h
        mov     [old_disk], bx
        mov     [old_disk + 2], es
        mov     dx, disk_hook
        mov     ax, 2513h
        int     21h
        ret

; The child is at its end: the disk is back.
parent_after:
        pushf
        mov     byte [gone], 0
        popf
        ret

parent_judges:
        push    ds
        lds     dx, [old_disk]
        mov     ax, 2513h
        int     21h
        pop     ds
        comment_value "calls that failed:", [failures]
        expect_at_least [failures], RUNS, "the disk was asked in vain"
        mov     ah, 41h
        mov     dx, swap_file_name
        int     21h
        call    no_file
        expect_equal16 ax, 0, "no swap file is left that cannot be deleted"
        ret

disk_hook:
        cmp     byte [cs:gone], 0
        je      .chain
        test    dl, 80h
        jz      .chain
        inc     dword [cs:failures]
        mov     ah, 0AAh                ; the drive is not ready
        push    bp
        mov     bp, sp
        or      byte [bp + 6], FLAG_CARRY
        pop     bp
        iret
.chain:
        jmp     far [cs:old_disk]

section .bss
                  alignb 4
old_disk:         resw 2
failures:         resd 1
gone:             resb 1
section .text
