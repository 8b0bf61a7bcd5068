; INT 31h 0500h, Get Free Memory Information (DPMI 0.9): 30h bytes at ES:(E)DI;
; the first field is right; it returns to its old value when what was allocated is
; freed.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 14
; service: 0500

%include "dpmi.inc"

%define BLOCK 200000h                   ; 2 MiB

main:
        call    enter_protected_mode
        push    ds
        pop     es
        ; page tables that a host makes for the largest block may stay: make them now
        mov     edi, before
        int31   0500h
        mov     ebx, [before]
        mov     ecx, ebx
        shr     ebx, 16
        int31   0501h
        jc      .warm
        int31   0502h
.warm:
        mov     di, guard_before
        mov     cx, 30h / 4 + 2
        mov     eax, 5A5A5A5Ah
        rep     stosd

        service 0500h
        set_pointer in_edi, before
        call    call_service
        accepted "get the information"
        expect_equal [guard_before], 5A5A5A5Ah, "nothing is written before it"
        expect_equal [guard_after], 5A5A5A5Ah, "nothing is written after it"
        expect_at_least [before], 100000h, "1 MiB or more can be had at once"
        cmp     dword [before], -1
        expect_flag ne, "the first field is not left open"
        mov     eax, [before + 14h]     ; free pages
        comment_value "free pages:", eax
        mov     eax, [before]
        comment_value "largest free block:", eax
        mov     eax, [before + 0Ch]
        comment_value "linear address space in pages:", eax
        mov     eax, [before + 18h]
        comment_value "physical pages:", eax

        ; the promise of the first field is kept
        mov     ebx, [before]
        mov     ecx, ebx
        shr     ebx, 16
        int31   0501h
        expect_flag nc, "a block of the size in the first field can be had"
        jc      .not_had
        int31   0502h
.not_had:
        mov     edi, after
        int31   0500h
        mov     eax, [before]
        expect_equal [after], eax, "freed, the first field is as before"
        mov     eax, [before + 14h]
        expect_equal [after + 14h], eax, "freed, the number of free pages is as before"

        ; with a block allocated and touched
        mov     bx, BLOCK >> 16
        mov     cx, 0
        int31   0501h
        expect_flag nc, "2 MiB can be had"
        mov     [handle], di
        mov     [handle + 2], si
        push    bx
        push    cx
        pop     ebx
        call    flat_segment
        mov     es, ax
        mov     cx, BLOCK / 4096
.touch:
        mov     byte [es:ebx], 1
        add     ebx, 4096
        loop    .touch
        push    ds
        pop     es
        mov     edi, during
        int31   0500h
        mov     eax, [before + 14h]
        cmp     eax, -1
        je      .unsupported
        sub     eax, [during + 14h]
        cmp     eax, BLOCK / 4096
.unsupported:
        expect_flag ae, "touched, at least as many pages fewer are free"
        mov     si, [handle + 2]
        mov     di, [handle]
        int31   0502h
        expect_flag nc, "it can be freed"
        push    ds
        pop     es
        mov     edi, after
        int31   0500h
        mov     eax, [before]
        expect_equal [after], eax, "the first field is as before again"
        mov     eax, [before + 14h]
        expect_equal [after + 14h], eax, "the number of free pages is as before again"
        jmp     finish

section .bss
              alignb 4
guard_before: resd 1
before:       resb 30h
guard_after:  resd 1
after:        resb 30h
during:       resb 30h
handle:       resw 2
