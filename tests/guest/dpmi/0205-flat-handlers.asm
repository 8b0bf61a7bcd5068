; Programs in flat segments take SS for flat in their handlers, too (sound code of PMODE/W programs reads its tables by
; EBP): where the first handler that a client registers lies in a flat 32-bit code segment, the host's stack is one, for
; interrupts, exceptions and callbacks.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 32
; plan: 8
; service: 0203 0205 0303

%include "dpmi.inc"

main:
        call    enter_protected_mode

        ; the program's code, seen from address 0
        call    flat_segment
        mov     [flat_data], ax
        call    flat_segment
        mov     [flat_code], ax
        mov     bx, ax
        mov     cx, 0C0FBh
        int31   0009h
        expect_flag nc, "a flat 32-bit code segment"

        ; a clock's handler
        mov     bl, 1Ch
        int31   0204h
        store_vector old_1c
        mov     ax, tick
        call    linear_of
        mov     edx, eax
        mov     cx, [flat_code]
        mov     bl, 1Ch
        int31   0205h
        expect_flag nc, "0205h sets a handler there"
        sti
.wait:  cmp     dword [ticks], 3
        jb      .wait
        load_vector old_1c
        mov     bl, 1Ch
        int31   0205h
        expect_equal [by_ss], 600D600Dh, "INT 1Ch: the handler reads its memory by SS"
        expect_equal [wrong], 0, "each time"

        ; an exception's
        mov     ax, invalid
        call    linear_of
        mov     edx, eax
        mov     cx, [flat_code]
        mov     bl, 6
        int31   0203h
        expect_flag nc, "0203h sets a handler there"
        mov     dword [by_ss], 0
        mov     ecx, 5
.again: ud2
        loop    .again, ecx
        expect_equal [exceptions], 5, "exception 06h: it returns behind the instruction"
        expect_equal [by_ss], 600D600Dh, "and reads its memory by SS"

        ; a raw fault in between does not hurt the program's own stack
        mov     eax, 12345678h
        push    eax
        ud2
        pop     eax
        expect_equal eax, 12345678h, "the program's own stack is as it was"
        jmp     finish

; Handlers, in a flat code segment: 32-bit code. No register has a useful value but CS, SS and ESP.
        bits    32
tick:
        pushad
        push    ds
        call    look
        pop     ds
        popad
        iretd

invalid:
        pushad
        push    ds
        call    look
        inc     dword [ebx + exceptions]
        pop     ds
        popad
        add     dword [esp + 12], 2     ; behind the UD2
        retf

; Reads `variable` by EBP, which means SS. Out: EBX = linear address of the program, DS flat.
look:
        call    .here
.here:  pop     ebx
        sub     ebx, .here              ; as the program is linked for offset 0 of its segment
        mov     ds, [cs:ebx + flat_data]
        mov     ebp, ebx
        mov     eax, [ebp + variable]
        mov     [ebx + by_ss], eax
        inc     dword [ebx + ticks]
        cmp     eax, 600D600Dh
        je      .right
        inc     dword [ebx + wrong]
.right: ret
        bits    16

section .data
          align 4
variable:   dd 600D600Dh
ticks:      dd 0
wrong:      dd 0
exceptions: dd 0

section .bss
          alignb 4
by_ss:       resd 1
old_1c:      resd 2
flat_code:   resw 1
flat_data:   resw 1
