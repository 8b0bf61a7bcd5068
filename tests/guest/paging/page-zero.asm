; /PAGE0: a client cannot touch the first page, whatever ran in between: DOS, a callback's caller, a timer interrupt. DOS and
; the BIOS can, and the host does it for the client (0200h).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; host-args: /PAGE0
; plan: 10

%include "dpmi.inc"

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        set_handler 0203h, 0Eh, page_fault
        call    touch
        expect_equal16 [faults], 2, "a read and a write at 0 fault"
        mov     ah, 30h
        int     21h
        cmp     al, 3
        expect_flag ae, "DOS answers"
        call    touch
        expect_equal16 [faults], 4, "after a DOS call they fault as before"
        call    clear_call
        mov     byte [call_eax + 1], 0
        mov     edi, call_structure
        mov     bx, 1Ah
        xor     cx, cx
        int31   0300h
        expect_flag nc, "0300h: the BIOS reads its clock in the first page"
        call    touch
        expect_equal16 [faults], 6, "after 0300h as before"
        ; a timer tick comes in
        sti
        mov     ecx, 4000000
.wait:
        dec     ecx
        jnz     .wait
        call    touch
        expect_equal16 [faults], 8, "after timer interrupts as before"
        mov     bl, 8
        int31   0200h
        expect_flag nc, "0200h reads a vector"
        or      cx, dx
        expect_flag nz, "that is one"
        mov     es, [flat]
        mov     word [resume_at], .after
        mov     al, [es:1000h]
.after:
        push    ds
        pop     es
        expect_equal16 [faults], 8, "the second page can be read"
        call    touch
        expect_equal16 [faults], 10, "the first still cannot"
        jmp     finish

; Reads at 0, writes at FFFh.
touch:
        push    es
        mov     es, [flat]
        xor     ebx, ebx
        mov     word [resume_at], .read
        mov     al, [es:ebx]
.read:
        mov     word [resume_at], .written
        mov     byte [es:ebx + 0FFFh], 55h
.written:
        pop     es
        ret

%include "resume.inc"

section .bss
           alignb 4
flat:      resw 1
