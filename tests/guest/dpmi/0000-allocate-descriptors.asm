; INT 31h 0000h, Allocate LDT Descriptors (DPMI 1.0): base and limit 0, present
; data, the caller's ring; several are contiguous, in steps of 0003h; 8011h when
; there are not as many.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 23
; service: 0000

%include "dpmi.inc"

%define MANY 2000                       ; a client can have at least that many

main:
        call    enter_protected_mode

        service 0000h
        mov     word [in_cx], 1
        call    call_service
        accepted "one descriptor"
        mov     ax, [out_ax]
        and     ax, 7
        expect_equal16 ax, 7, "it is an LDT selector with RPL 3"
        mov     ebx, [out_eax]
        call    examine
        expect_equal [limit], 0, "its limit is 0"
        expect_equal [base], 0, "its base is 0"
        mov     eax, [access]
        and     eax, 0FE00h
        expect_equal eax, 0F200h, "it is present, ring 3, writable data, expands up"
        test    dword [access], 800000h
        expect_flag z, "its limit counts bytes"
        mov     es, [out_ax]
        mov     ax, es
        expect_equal16 ax, [out_ax], "it can be loaded"
        push    ds
        pop     es
        mov     ax, [out_ax]
        mov     [first], ax

        service 0000h
        mov     word [in_cx], 5
        call    call_service
        accepted "five descriptors"
        int31   0003h
        movzx   esi, ax                 ; step
        movzx   ebx, word [out_ax]
        xor     di, di                  ; how many are as they should be
        mov     cx, 5
.each:
        push    cx
        push    esi
        call    examine
        pop     esi
        pop     cx
        mov     eax, [access]
        and     eax, 0FE00h
        cmp     eax, 0F200h
        jne     .next
        cmp     dword [limit], 0
        jne     .next
        cmp     dword [base], 0
        jne     .next
        cmp     bx, [first]
        je      .next                   ; that one is taken
        inc     di
.next:
        add     bx, si
        loop    .each
        expect_equal16 di, 5, "all five are new, present data, base and limit 0"

        ; freed one by one
        movzx   ebx, word [out_ax]
        mov     cx, 5
        xor     di, di
.free:
        int31   0001h
        jc      .kept
        inc     di
.kept:
        add     bx, si
        loop    .free
        expect_equal16 di, 5, "each of the five can be freed alone"

        ; more than there can be: 8,192 entries is all that an LDT holds
        service 0000h
        mov     word [in_cx], 8193
        call    call_service
        refused "8193 descriptors", 8011h
        service 0000h
        mov     word [in_cx], 0FFFFh
        call    call_service
        refused "65535 descriptors", 8011h

        ; one by one until none is left, all different, then all given back
        xor     bp, bp                  ; how many
.fill:
        mov     cx, 1
        int31   0000h
        jc      .full
        movzx   ebx, ax
        shr     ebx, 3
        bts     [taken], ebx
        jc      .twice
        inc     bp
        cmp     bp, 8192
        jb      .fill
.twice:
        clc
.full:
        mov     [out_ax], ax
        setc    [out_flags]             ; bit 0 is CF
        call    judge_refused
        any_code 8011h
        expect_equal [judged], 8011h, "running out is 8011h, and none was given twice"
        movzx   eax, bp
        mov     [count], eax
        comment_value "descriptors to be had one by one:", eax
        expect_at_least [count], MANY, "there were at least 2000"

        service 0000h
        mov     word [in_cx], 1
        call    call_service
        refused "one descriptor when none is left", 8011h

        xor     edi, edi
        xor     bp, bp
.give_back:
        bt      [taken], edi
        jnc     .not_ours
        mov     ebx, edi
        shl     ebx, 3
        or      bl, 7
        int31   0001h
        jc      .not_ours
        inc     bp
.not_ours:
        inc     edi
        cmp     edi, 8192
        jb      .give_back
        movzx   eax, bp
        expect_equal eax, [count], "all can be freed again"
        service 0000h
        mov     word [in_cx], 16
        call    call_service
        accepted "then sixteen at once"
        jmp     finish

; examine: BX = selector. Fills access (LAR), limit (LSL) and base (0006h).
; Changes EAX, ECX, EDX.
examine:
        movzx   ebx, bx
        lar     eax, ebx
        jz      .valid
        xor     eax, eax
.valid:
        mov     [access], eax
        mov     eax, 0DEADDEADh
        lsl     eax, ebx
        mov     [limit], eax
        int31   0006h
        push    cx
        push    dx
        pop     dword [base]
        ret

section .bss
                     alignb 4
access:              resd 1
limit:               resd 1
base:                resd 1
count:               resd 1
first:               resw 1
                     alignb 4
taken:               resb 1024
