; 3,500 MiB of memory: a block of 2 GiB and one of 900 MiB can be had at once (DPMI 1.0, 0501h), pages all over them are
; touched and keep what they hold; and again after they were freed.
; expect: pass
; machines: qemu
; memory: 3500
; width: 32
; timeout: 120
; plan: 13

%include "dpmi.inc"

%define STEP 400000h

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        service 0500h
        set_pointer in_edi, information
        call    call_service
        accepted "0500h"
        expect_equal [information + 18h], 7FFFFh, "it tells as much physical memory as it tells at most"
        mov     word [rounds], 2
.round:
        service 0501h
        set_pair in_bx, in_cx, 80000000h
        call    call_service
        accepted "allocate 2 GiB", R_EBX | R_ECX | R_ESI | R_EDI
        pair_of eax, out_bx, out_cx
        mov     [large], eax
        mov     esi, eax
        pair_of eax, out_si, out_di
        mov     [handle], eax
        service 0501h
        set_pair in_bx, in_cx, 38400000h
        call    call_service
        accepted "and 900 MiB", R_EBX | R_ECX | R_ESI | R_EDI
        pair_of eax, out_bx, out_cx
        mov     [small], eax
        pair_of eax, out_si, out_di
        mov     [handle_2], eax

        mov     es, [flat]
        mov     edi, [large]
        mov     ecx, 80000000h / STEP
        call    write
        mov     edi, [small]
        mov     ecx, 38400000h / STEP
        call    write
        xor     edx, edx
        mov     edi, [large]
        mov     ecx, 80000000h / STEP
        call    verify
        mov     edi, [small]
        mov     ecx, 38400000h / STEP
        call    verify
        push    ds
        pop     es
        expect_equal edx, 0, "pages all over them keep what they hold"

        push    dword [handle]
        pop     di
        pop     si
        int31   0502h
        push    dword [handle_2]
        pop     di
        pop     si
        int31   0502h
        dec     word [rounds]
        jnz     .round
        jmp     finish

; Writes the address to the first and last double word of a page in each STEP. In: ES:EDI, ECX.
write:
        mov     [es:edi], edi
        mov     [es:edi + 0FFCh], edi
        add     edi, STEP
        dec     ecx
        jnz     write
        ret

; Counts in EDX what is wrong.
verify:
        cmp     [es:edi], edi
        je      .first
        inc     edx
.first:
        cmp     [es:edi + 0FFCh], edi
        je      .last
        inc     edx
.last:
        cmp     dword [es:edi + 4], 0
        je      .next
        inc     edx
.next:
        add     edi, STEP
        dec     ecx
        jnz     verify
        ret

section .bss
        alignb 4
information: resb 30h
large:    resd 1
small:    resd 1
handle:   resd 1
handle_2: resd 1
flat:     resw 1
rounds:   resw 1
