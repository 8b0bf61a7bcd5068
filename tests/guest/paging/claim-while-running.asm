; How much memory may be used, read and set while programs run: what is beyond the limit is refused, what is in use stays.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; image: debug-calls
; memory: 64
; boot: own
; host-args: /NOSWAP

%include "dpmi.inc"
%include "paging/debug.inc"

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        debug   DEBUG_GET_CLAIM
        expect_equal ebx, 256, "all of it at first"
        mov     eax, 1000000h
        call    allocate_block
        mov     [block], ebx
        mov     es, [flat]
        mov     byte [es:ebx], 1
        mov     ebx, 64                 ; a quarter
        xor     ecx, ecx
        mov     edx, 8192
        xor     esi, esi
        xor     edi, edi
        debug   DEBUG_SET_CLAIM
        debug   DEBUG_GET_CLAIM
        expect_equal edx, 8192, "the upper limit is told as it was set"
        mov     eax, 1000h
        call    allocate_block
        refused_with 8013h, "beyond the limit nothing more can be had"
        mov     ebx, [block]
        mov     byte [es:ebx + 0FFFFFFh], 2
        cmp     byte [es:ebx + 0FFFFFFh], 2
        expect_flag e, "what was promised before can be touched"
        mov     ebx, 256
        xor     ecx, ecx
        mov     edx, 32768
        xor     esi, esi
        xor     edi, edi
        debug   DEBUG_SET_CLAIM
        mov     eax, 800000h
        call    allocate_block
        expect_flag nc, "8 MiB more when 32 may be used"
        mov     eax, 1000000h
        call    allocate_block
        refused_with 8013h, "but not 16 more"
        mov     ebx, 256
        xor     ecx, ecx
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        debug   DEBUG_SET_CLAIM
        mov     eax, 1000000h
        call    allocate_block
        expect_flag nc, "without a limit they can be had"
        push    ds
        pop     es
        expect_sound
        jmp     finish

section .bss
           alignb 4
block:     resd 1
flat:      resw 1
