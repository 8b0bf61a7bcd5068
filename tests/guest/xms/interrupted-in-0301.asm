; A long move by a real-mode procedure, the first thing that it does once 0301h has called it, with ticks of the clock in the middle: the
; bytes are moved, and the client goes on behind its INT 31h.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 4
; timeout: 60

%include "dpmi.inc"

KIB             equ 1024
ROUNDS          equ 60
DIVISOR         equ 300                 ; of the clock: 4 kHz

main:
        mov     ax, 4310h
        int     2Fh
        mov     [driver], bx
        mov     [driver + 2], es
        mov     bp, handles
.allocate:
        mov     ah, 09h
        mov     dx, KIB
        call    far [driver]
        cmp     ax, 1
        jne     .refused
        mov     [bp], dx
        add     bp, 2
        cmp     bp, handles + 4
        jb      .allocate
        push    ds
        pop     es
        call    enter_protected_mode
        mov     al, 34h
        out     43h, al
        mov     al, DIVISOR & 0FFh
        out     40h, al
        mov     al, DIVISOR >> 8
        out     40h, al
        mov     word [to_go], ROUNDS
.round:
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], procedure
        mov     ebp, 12345678h
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        jc      .round_over
        cmp     ebp, 12345678h
        jne     .round_over
        inc     word [came_back]
        cmp     word [call_eax], 1
        jne     .round_over
        inc     word [moved]
.round_over:
        dec     word [to_go]
        jnz     .round
        mov     al, 34h
        out     43h, al
        xor     al, al
        out     40h, al
        out     40h, al
        expect_equal16 [came_back], ROUNDS, "the client goes on where it was, each time"
        expect_equal16 [moved], ROUNDS, "each move was made"
        mov     word [call_ip], give_up
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        expect_flag nc, "the blocks are freed"
        expect_equal16 [freed], 2, "both of them"
        jmp     finish
.refused:
        failed  "two blocks of 1 MiB"
        jmp     finish

; --- real mode ---------------------------------------------------------------------

procedure:
        push    word [handles]
        pop     word [source]
        push    word [handles + 2]
        pop     word [target]
        mov     ah, 0Bh
        mov     si, structure
        call    far [driver]
        retf

give_up:
        mov     dx, [handles]
        mov     ah, 0Ah
        call    far [driver]
        add     [freed], ax
        mov     dx, [handles + 2]
        mov     ah, 0Ah
        call    far [driver]
        add     [freed], ax
        retf

section .data
                align 4
structure:         dd KIB * 1024
source:         dw 0
                dd 0
target:         dw 0
                dd 0

section .bss
driver:         resw 2
handles:        resw 2
to_go:          resw 1
came_back:      resw 1
moved:          resw 1
freed:          resw 1

section .text
