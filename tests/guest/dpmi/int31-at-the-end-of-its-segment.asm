; INT 31h as the last instruction of a code segment: what it returns to is beyond the limit, which is the client's general-protection
; fault, there, whatever way the host's answer takes.
; expect: pass
; (QEMU and DOSBox-X fetch instructions beyond limits.)
; machines: bochs
; width: 16 32
; plan: 22

%include "dpmi.inc"

; at_the_end AX, "text": the call, and the exception behind it.
%macro at_the_end 2
        mov     byte [faults], 0
        mov     word [came_ip], 0
        mov     word [came_code], 0FFFFh
        mov     [safe_esp], esp
        mov     word [go_on], %%behind
        mov     ax, %1
        jmp     far [last]
%%behind:
        expect_equal16 [faults], 1, %2
        expect_equal16 [came_ip], last_end, "    it is behind the INT"
%endmacro

main:
        call    enter_protected_mode
        set_handler 0203h, 0Dh, protection
        set_handler 0205h, 60h, handler
        ; a code segment like this program's, which ends behind the INT below
        mov     bx, cs
        mov     edi, descriptor
        int31   000Bh
        mov     cx, 1
        int31   0000h
        mov     [last + 2], ax
        mov     bx, ax
        int31   000Ch
        xor     cx, cx
        mov     dx, last_end - 1
        int31   0008h
        expect_flag nc, "the segment ends there"

        at_the_end 0400h, "0400h"
        at_the_end 0900h, "0900h"
        at_the_end 0902h, "0902h"
        at_the_end 0003h, "0003h"
        at_the_end 0FFFFh, "a function that does not exist"
        mov     bx, 10h
        mov     edi, 0
        at_the_end 0006h, "0006h"
        mov     bx, 12h
        xor     cx, cx
        mov     edi, call_structure
        call    clear_call
        at_the_end 0300h, "0300h"
        mov     byte [last_number], 60h
        at_the_end 0, "an interrupt of the client's own"
        mov     byte [last_number], 11h
        at_the_end 0, "one of real mode"
        mov     byte [last_number], 21h
        at_the_end 1900h, "one of DOS"
        expect_equal16 [codes], 0, "all had error code 0"
        jmp     finish

handler:
        interrupt_return

; The handler of an interrupt faults where its IRET cannot return to: its frame is left alone.
protection:
        push    ds
        push    eax
        push    ebp
        frame_base
        mov     ds, [cs:data_selector]
        inc     word [faults]
        mov     ax, [ss:ebp + 10 + EXCEPTION_CODE]
        or      [codes], ax
        mov     ax, [ss:ebp + 10 + EXCEPTION_IP]
        cmp     ax, handler
        jne     .place
        mov     ax, last_end
.place:
        mov     [came_ip], ax
        mov     ax, [go_on]
        mov     [ss:ebp + 10 + EXCEPTION_IP], ax
        mov     ax, cs
        mov     [ss:ebp + 10 + EXCEPTION_CS], ax
        mov     eax, [safe_esp]
        mov     [ss:ebp + 10 + EXCEPTION_SP], ax
        pop     ebp
        pop     eax
        pop     ds
        far_return

section .data
last:           dw last_int, 0

section .bss
                alignb 4
safe_esp:       resd 1
descriptor:     resb 8
faults:         resw 1
came_ip:        resw 1
came_code:      resw 1
codes:          resw 1
go_on:          resw 1

section .text
last_int:
        db      0CDh
last_number:
        db      31h
last_end:
