; Every kind of fault in a client's handler of IRQ 0, which interrupted real mode: without an exception handler the client ends alone,
; with one the IRQ handler goes on and returns.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"

child_ends:
        call    next_kind
        jc      recovered
        mov     byte [ticked], 0
        set_handler 0205h, 08h, clock
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], wait_for_tick
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        jmp     child_ends

; in real mode
wait_for_tick:
        sti
.wait:
        cmp     byte [cs:ticked], 0
        je      .wait
        retf

clock:
        call    fault
        push    ax
        push    ds
        mov     ds, [cs:data_selector]
        mov     byte [ticked], 1
        mov     al, 20h
        out     20h, al
        pop     ds
        pop     ax
        interrupt_return

section .bss
ticked: resb 1
section .text
