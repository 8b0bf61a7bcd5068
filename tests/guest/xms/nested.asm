; Long moves let interrupts in, and their handlers may call the driver: what is worked on refuses
; to be freed, resized, locked or copied, other blocks are served, and the long move arrives whole.
; A timer at 2 kHz; its handler tries each thing once, in turn, whenever it interrupts a move.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 26
; timeout: 120

%include "xms/xms.inc"

%define BIG_KIB   2048
%define TIMER     600                   ; 1193182 / 600 = 1989 Hz
%define TRIES     40                    ; long moves at most

body:
        mov     dx, BIG_KIB
        call    allocate
        mov     [big], dx
        mov     dx, BIG_KIB
        call    allocate
        mov     [twin], dx
        mov     dx, 8
        call    allocate
        mov     [small], dx
        call    fill
        mov     byte [phase], 0
        mov     byte [inside], 0
        mov     dword [ticks], 0
        mov     dword [longest], 0

        call    hook
        mov     word [tries], TRIES
.try:
        set_move BIG_KIB * 1024, [big], 0, [twin], 0
        mov     byte [inside], 1
        mov     ah, 0Bh
        mov     si, move_length
        call    far [xms_entry]
        mov     byte [inside], 0
        cmp     ax, 1
        jne     .refused
        dec     word [tries]
        jz      .done
        cmp     byte [phase], PHASES
        jb      .try
.done:
        mov     ax, 1
.refused:
        push    ax
        call    unhook
        pop     ax
        expect_equal16 ax, 1, "the long moves are accepted"
        mov     al, [phase]
        mov     ah, 0
        expect_equal16 ax, PHASES, "interrupts came while moves were under way"
        comment_value "ticks inside moves", [ticks]
        comment_value "longest wait of one, in units of 838 ns", [longest]
        expect_equal16 [answers], 00ABh, "the source is not freed"
        expect_equal16 [answers + 2], 00ABh, "the destination is not resized"
        expect_equal16 [answers + 4], 00ADh, "the source is not locked"
        expect_equal16 [answers + 6], 00A5h, "nothing is copied to the destination"
        expect_equal16 [answers + 8], 00A3h, "nor from the source"
        expect_equal16 [answers + 10], 0100h, "another block is served"
        expect_equal16 [answers + 12], 0100h, "the information is given"
        expect_equal16 [answers + 14], 0100h, "another block comes"
        expect_equal16 [answers + 16], 0100h, "and goes"
        far_of  eax, copy
        set_move 16, [small], 1000, 0, eax
        call    must_move
        mov     si, text
        mov     di, copy
        mov     cx, 4
        repe    cmpsd
        expect_flag z, "what the handler copied is there"
        call    compare
        expect_equal edx, 0, "the long move arrived whole"

        mov     dx, [big]
        call    free
        mov     dx, [twin]
        call    free
        mov     dx, [small]
        jmp     free

; fill: double word 0 of every KiB of the big block = its number.
fill:
        xor     ebx, ebx
.next:
        mov     [buffer], ebx
        far_of  eax, buffer
        set_move 4, 0, eax, [big], ebx
        push    ebx
        call    must_move
        pop     ebx
        add     ebx, 1024
        cmp     ebx, BIG_KIB * 1024
        jb      .next
        ret

; compare: EDX = how many of them are wrong in the twin.
compare:
        xor     ebx, ebx
        xor     edx, edx
.next:
        push    ebx
        push    edx
        far_of  eax, buffer
        set_move 4, [twin], ebx, 0, eax
        call    must_move
        pop     edx
        pop     ebx
        cmp     ebx, [buffer]
        je      .right
        inc     edx
.right:
        add     ebx, 1024
        cmp     ebx, BIG_KIB * 1024
        jb      .next
        ret

hook:
        push    es
        xor     ax, ax
        mov     es, ax
        cli
        mov     eax, [es:8 * 4]
        mov     [old_timer], eax
        mov     word [es:8 * 4], tick
        mov     [es:8 * 4 + 2], cs
        mov     al, 34h
        out     43h, al
        mov     al, TIMER & 0FFh
        out     40h, al
        mov     al, TIMER >> 8
        out     40h, al
        sti
        pop     es
        ret

unhook:
        push    es
        xor     ax, ax
        mov     es, ax
        cli
        mov     eax, [old_timer]
        mov     [es:8 * 4], eax
        mov     al, 36h
        out     43h, al
        xor     al, al
        out     40h, al
        out     40h, al
        sti
        pop     es
        ret

; tick: IRQ 0. DS, ES are the interrupted driver's or caller's.
tick:
        pushad
        push    ds
        push    es
        push    cs
        pop     ds
        push    cs
        pop     es
        cld
        mov     al, 0                   ; what the counter has gone down since the interrupt was due
        out     43h, al
        in      al, 40h
        mov     ah, al
        in      al, 40h
        xchg    al, ah
        mov     bx, TIMER
        sub     bx, ax
        movzx   ebx, bx
        mov     al, 20h
        out     20h, al
        cmp     byte [inside], 1
        jne     .end
        inc     dword [ticks]
        cmp     ebx, [longest]
        jbe     .not_longest
        mov     [longest], ebx
.not_longest:
        movzx   bx, byte [phase]
        cmp     bx, PHASES
        jae     .end
        ; Only a block in work says so: a tick before the first byte, or after the last,
        ; finds a driver that is not at work. The information tells nothing, so try, and
        ; undo nothing: the first try is a lock, which is taken off again when it works.
        mov     byte [inside], 2
        mov     ah, 0Ch
        mov     dx, [big]
        call    far [xms_entry]
        cmp     ax, 1
        jne     .at_work
        mov     ah, 0Dh
        mov     dx, [big]
        call    far [xms_entry]
        jmp     .outside
.at_work:
        movzx   bx, byte [phase]
        add     bx, bx
        push    bx
        call    [phases + bx]
        pop     si
        cmp     ax, 1
        jne     .refused
        mov     bx, 0
.refused:
        mov     bh, al
        mov     [answers + si], bx
        inc     byte [phase]
.outside:
        mov     byte [inside], 1
.end:
        pop     es
        pop     ds
        popad
        iret

; The tries. Out: AX, BL as the driver gives them.
try_free:
        mov     ah, 0Ah
        mov     dx, [big]
        jmp     driver
try_resize:
        mov     ah, 0Fh
        mov     dx, [twin]
        mov     bx, 10
        jmp     driver
try_lock:
        mov     ah, 0Ch
        mov     dx, [big]
        jmp     driver
try_copy_to:
        mov     ax, [twin]
        mov     [inner_to], ax
        mov     word [inner_from], 0
        jmp     inner
try_copy_from:
        mov     word [inner_to], 0
        mov     ax, [big]
        mov     [inner_from], ax
        mov     word [inner_from_offset], 0
        mov     word [inner_from_offset + 2], 0
        mov     word [inner_to_offset], buffer
        mov     [inner_to_offset + 2], cs
        jmp     inner_go
try_other:
        mov     ax, [small]
        mov     [inner_to], ax
        mov     word [inner_from], 0
        jmp     inner
try_information:
        mov     ah, 0Eh
        mov     dx, [big]
        jmp     driver
try_allocate:
        mov     ah, 9
        mov     dx, 100
        call    far [xms_entry]
        mov     [extra], dx
        ret
try_release:
        mov     ah, 0Ah
        mov     dx, [extra]
driver:
        call    far [xms_entry]
        ret
inner:
        mov     word [inner_from_offset], text
        mov     [inner_from_offset + 2], cs
        mov     dword [inner_to_offset], 1000
inner_go:
        mov     dword [inner_length], 16
        mov     si, inner_length
        mov     ah, 0Bh
        jmp     driver

section .data
phases: dw try_free, try_resize, try_lock, try_copy_to, try_copy_from, try_other, try_information
        dw try_allocate, try_release
PHASES  equ ($ - phases) / 2
text:   db 'from the handler'

section .bss
                    alignb 4
ticks:              resd 1
longest:            resd 1
old_timer:          resd 1
inner_length:       resd 1
inner_from:         resw 1
inner_from_offset:  resd 1
inner_to:           resw 1
inner_to_offset:    resd 1
big:                resw 1
twin:               resw 1
small:              resw 1
extra:              resw 1
tries:              resw 1
answers:            resw PHASES
phase:              resb 1
inside:             resb 1
                    alignb 4
buffer:             resb 16
copy:               resb 16

section .text
