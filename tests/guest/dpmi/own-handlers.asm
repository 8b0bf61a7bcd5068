; INT n of a client that has a handler for n, which chains to the one before it (DPMI 0.9, 0205h): on stacks of every kind, and where
; the interrupt's frame lies in two pages or ends at the segment's limit. INT 60h goes on to real mode, INT 31h to the host.
; expect: pass
; machines: qemu bochs dosbox-x dosbox-x/dynamic
; width: 16 32
; plan: 15
; service: 0205

%include "dpmi.inc"
%include "dpmi/chaining.inc"

%define PAGE         1000h
%define BYTES        10000h
%define UPWARD       0F2h               ; data, writable, ring 3
%define DOWNWARD     0F6h               ; the same, offsets above the limit
%define WIDE         40h
%define NARROW       0

; stack "text", ACCESS, KIND, LIMIT, ESP
%macro stack 5
        mov     cx, %2 | %3 << 8
        mov     edx, %4
        mov     dword [top], %5
        call    try
        expect_equal [wrong], 0, %1
%endmacro

main:
        call    enter_protected_mode
        mov     bx, BYTES >> 16
        mov     cx, BYTES & 0FFFFh
        int31   0501h
        expect_flag nc, "a block for stacks"
        mov     [block], cx
        mov     [block + 2], bx
        mov     ecx, BYTES - 1
        mov     edx, [block]
        call    segment_at
        mov     [stack_selector], ax

        mov     bl, 60h
        mov     cx, [real_segment]
        mov     dx, real_handler
        int31   0201h
        mov     bl, 60h
        int31   0204h
        store_vector old
        mov     bl, 31h
        int31   0204h
        store_vector old_31
        set_handler 0205h, 60h, chaining
        set_handler 0205h, 31h, counting_31
        expect_flag nc, "handlers of INT 60h and INT 31h"

        stack   "in the middle of a page", UPWARD, WIDE, BYTES - 1, PAGE + 800h
        stack   "a frame in two pages", UPWARD, WIDE, BYTES - 1, PAGE + 4
        stack   "a frame that ends at a page's end", UPWARD, WIDE, BYTES - 1, 2 * PAGE
        stack   "nothing on the stack yet", UPWARD, WIDE, BYTES - 1, BYTES
        stack   "a word on the stack", UPWARD, WIDE, BYTES - 1, BYTES - 4
        stack   "a segment that ends within a page", UPWARD, WIDE, PAGE + 807h, PAGE + 800h
        stack   "near the bottom", UPWARD, WIDE, BYTES - 1, 80h
        stack   "a segment that grows downward", DOWNWARD, WIDE, PAGE - 1, PAGE + 800h
        stack   "a 16-bit stack", UPWARD, NARROW, BYTES - 1, PAGE + 800h
        stack   "a 16-bit stack, with an upper half of ESP", UPWARD, NARROW, BYTES - 1, 77770000h + PAGE + 800h
        stack   "a 16-bit stack with nothing on it yet", UPWARD, NARROW, BYTES - 1, 0
        stack   "a 16-bit stack with a word on it", UPWARD, NARROW, BYTES - 1, 77770000h + BYTES - 4
        stack   "near the bottom of a 16-bit stack", UPWARD, NARROW, BYTES - 1, 77770000h + 80h

        load_vector old_31
        mov     bl, 31h
        int31   0205h
        load_vector old
        mov     bl, 60h
        int31   0205h
        jmp     finish

; try: both interrupts on a stack of access rights CX, limit EDX, with ESP = [top]. Out: [wrong], a bit for each thing that is.
try:
        mov     bx, [stack_selector]
        push    cx
        push    edx
        pop     dx
        pop     cx
        int31   0008h
        pop     cx
        int31   0009h
        mov     dword [wrong], 0
        mov     [own_ss], ss
        mov     [own_esp], esp
        mov     ss, [stack_selector]
        mov     esp, [top]
        mov     word [calls_31], 0
        mov     ax, 1111h
        mov     ecx, 33334444h
        mov     esi, 55556666h
        mov     edi, 77778888h
        mov     ebp, 9999AAAAh
        stc
        int     60h
        adc     word [wrong], 0
        mov     [got_esp], esp
        mov     [got_ss], ss
        mov     [got_ax], ax
        mov     ax, 0003h
        int     31h
        mov     [next_selector], ax
        mov     [got_esp + 4], esp
        mov     ss, [own_ss]
        mov     esp, [own_esp]
        cmp     dx, 5555h               ; from the handler
        mov     eax, 2
        call    .unless
        cmp     bx, 4444h               ; from real mode
        mov     eax, 4
        call    .unless
        cmp     ecx, 33334444h
        mov     eax, 8
        call    .unless
        cmp     esi, 55556666h
        mov     eax, 10h
        call    .unless
        cmp     edi, 77778888h
        mov     eax, 20h
        call    .unless
        cmp     ebp, 9999AAAAh
        mov     eax, 40h
        call    .unless
        cmp     word [got_ax], 1111h
        mov     eax, 80h
        call    .unless
        cmp     word [next_selector], 8
        mov     eax, 100h
        call    .unless
        cmp     word [calls_31], 1
        mov     eax, 200h
        call    .unless
        mov     dx, [stack_selector]
        cmp     [got_ss], dx
        mov     eax, 400h
        call    .unless
        mov     edx, [top]
        cmp     [got_esp], dx           ; the upper half means nothing on a 16-bit stack
        mov     eax, 800h
        call    .unless
        cmp     [got_esp + 4], dx
        mov     eax, 1000h
.unless:
        je      .right
        or      [wrong], eax
.right:
        ret

section .bss
                alignb 4
block:          resd 1
top:            resd 1
wrong:          resd 1
own_esp:        resd 1
got_esp:        resd 2
stack_selector: resw 1
own_ss:         resw 1
got_ss:         resw 1
got_ax:         resw 1
next_selector:  resw 1
