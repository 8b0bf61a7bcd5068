; A callback (0303h) that walks through more memory than there is, called by a procedure (0301h) whose register structure lies
; in that memory and is in the swap file when the procedure returns.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M
; width: 16 32
; plan: 8
; timeout: 120
; boot: own

%include "dpmi.inc"
%include "fill.inc"

%define PLACE 210h                      ; of the structure in its page, between the words that are looked at
%define ROUNDS 3

main:
        call    enter_protected_mode
        call    half_as_many_again
        mov     [count], eax
        call    allocate_pages
        expect_flag nc, "0501h: more than there is"
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page

        mov     edx, [pages]
        shr     edx, 1
        shl     edx, 12
        add     edx, [address]
        add     edx, PLACE
        mov     ecx, 33h
        call    segment_at
        mov     [structure_selector], ax

        push    ds
        push    cs
        pop     ds
        mov     esi, callback
        mov     edi, callback_structure
        int31   0303h
        pop     ds
        expect_flag nc, "0303h gives a callback"
        mov     [callback_entry], dx
        mov     [callback_entry + 2], cx

        mov     word [rounds], ROUNDS
.round:
        mov     es, [structure_selector]
        xor     edi, edi
        mov     cx, 33h
        xor     al, al
        rep     stosb
        xor     edi, edi
        mov     word [es:2Ah], real_procedure
        mov     ax, [real_segment]
        mov     [es:2Ch], ax
        mov     [es:24h], ax
        mov     ax, 0301h
        xor     bx, bx
        xor     cx, cx
        int     31h
        jc      .failed
        cmp     dword [es:1Ch], 12345678h
        jne     .failed
        inc     word [right]
.failed:
        push    ds
        pop     es
        dec     word [rounds]
        jnz     .round
        expect_equal16 [hits], ROUNDS, "the callback was called"
        expect_equal16 [right], ROUNDS, "the structure has what the procedure left"
        expect_equal [wrong], 0, "the callback found all pages right"
        pass    "read in order", upwards, check_page
        change  "changed downwards", downwards
        jmp     finish

callback:
        push    ds
        push    es
        push    esi
        push    edi
        mov     ds, [cs:data_selector]
        inc     word [hits]
        mov     word [what], check_page
        mov     word [order], upwards
        call    every_page
        pop     edi
        pop     esi
        pop     es
        pop     ds
  %if WIDTH == 32
        mov     eax, [esi]
        mov     [es:edi + 2Ah], eax
        add     word [es:edi + 2Eh], 4
  %else
        mov     eax, [si]
        mov     [es:di + 2Ah], eax
        add     word [es:di + 2Eh], 4
  %endif
        interrupt_return

real_procedure:
        call    far [cs:callback_entry]
        mov     eax, 12345678h
        retf

section .bss
                  alignb 4
callback_structure: resb 34h
callback_entry:   resw 2
structure_selector: resw 1
rounds:           resw 1
right:            resw 1
hits:             resw 1
section .text
