; XMS 3.0 function 0Bh with ranges that overlap, either way, by little and by much, in a block and in
; conventional memory, also when the move is longer than one piece of work: what arrives is
; what stood there before.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 54
; timeout: 60

%include "xms/xms.inc"

%define BLOCK_KIB 96

body:
        mov     dx, BLOCK_KIB
        call    allocate
        mov     [one], dx
        mov     si, cases
.next:
        push    si
        call    fill
        pop     si
        push    si
        mov     eax, [si]
        mov     [from], eax
        mov     eax, [si + 4]
        mov     [target], eax
        mov     eax, [si + 8]
        mov     [length], eax
        set_move [length], [one], [from], [one], [target]
        call    move_block
        xms_accepted "an overlapping move"
        call    check
        expect_equal eax, 0, "every double word is as it was, or has moved"
        pop     si
        add     si, 12
        cmp     si, cases_end
        jb      .next

        mov     di, buffer
        mov     cx, 512
        xor     ax, ax
.number:
        stosw
        inc     ax
        loop    .number
        far_of  eax, buffer
        far_of  ebx, buffer + 6
        set_move 1000, 0, eax, 0, ebx
        call    move_block
        xms_accepted "an overlapping move upwards in conventional memory"
        mov     si, buffer + 6
        xor     ax, ax
        mov     cx, 500
        mov     dx, 0
.compare:
        cmp     [si], ax
        je      .equal
        inc     dx
.equal:
        inc     ax
        add     si, 2
        loop    .compare
        expect_equal16 dx, 0, "what arrived is what stood there"
        mov     dx, [one]
        jmp     free

; fill: double word n of the block = n.
fill:
        xor     ebx, ebx                ; offset
.chunk:
        mov     eax, ebx
        shr     eax, 2
        mov     di, buffer
        mov     cx, 512
.word:
        stosd
        inc     eax
        loop    .word
        far_of  eax, buffer
        set_move 2048, 0, eax, [one], ebx
        call    must_move
        add     ebx, 2048
        cmp     ebx, BLOCK_KIB * 1024
        jb      .chunk
        ret

; check: EAX = double words that are neither as they were nor, in the destination, what the
; source held. Offsets and length are multiples of 4.
check:
        xor     ebx, ebx
        xor     edx, edx
.chunk:
        push    edx
        far_of  eax, buffer
        set_move 2048, [one], ebx, 0, eax
        call    must_move
        pop     edx
        mov     si, buffer
        mov     cx, 512
.word:
        mov     eax, ebx
        sub     eax, [target]
        cmp     eax, [length]
        jae     .outside
        add     eax, [from]
        jmp     .compare
.outside:
        mov     eax, ebx
.compare:
        shr     eax, 2
        cmp     eax, [si]
        je      .equal
        inc     edx
.equal:
        add     si, 4
        add     ebx, 4
        loop    .word
        cmp     ebx, BLOCK_KIB * 1024
        jb      .chunk
        mov     eax, edx
        ret

section .data
        align 4
cases:  dd 0, 4, 2000                   ; source, destination, length
        dd 4, 0, 2000
        dd 0, 4, BLOCK_KIB * 1024 - 4
        dd 4, 0, BLOCK_KIB * 1024 - 4
        dd 1000, 17384, 60000
        dd 17384, 1000, 60000
        dd 8, 8, 4000
        dd 0, 40000, 40004
cases_end:

section .bss
        alignb 4
from:   resd 1
target:    resd 1
length: resd 1
one:    resw 1
        alignb 4
buffer: resb 2048

section .text
