; HLT by a client, and by real-mode code that it calls, waits for the next hardware interrupt:
; a loop of HLTs goes round a few times a clock tick.
; expect: pass
; machines: qemu bochs dosbox-x dosbox
; width: 16 32
; plan: 12

%include "dpmi.inc"

TICKS equ 5
; IRQs other than the clock's may come: as many rounds a tick are still waiting
MANY  equ TICKS * 20

main:
        call    enter_protected_mode
        sti
        mov     bx, 40h                 ; the BIOS's data, linear 400h
        int31   0002h
        mov     [bios_data], ax

        call    rounds
        expect_at_least ecx, TICKS - 1, "HLT comes back at an interrupt"
        expect_at_least MANY, ecx, "HLT waits for it"

        ; with a handler of the client's for IRQ 0
        mov     bl, 8
        int31   0204h
        store_vector old_timer
        set_handler 0205h, 8, timer
        mov     dword [count], 0
        hlt
        expect_at_least [count], 1, "the client's handler has run when HLT is over"
        call    rounds
        expect_at_least MANY, ecx, "HLT waits with a handler"
        expect_at_least [count], TICKS, "and the handler sees every tick"
        load_vector old_timer
        mov     bl, 8
        int31   0205h

        ; registers and flags
        mov     eax, 0A1A2A3A4h
        mov     ebx, 0B1B2B3B4h
        stc
        hlt
        setc    [carry]
        expect_equal eax, 0A1A2A3A4h, "EAX is kept"
        expect_equal ebx, 0B1B2B3B4h, "EBX is kept"
        cmp     byte [carry], 1
        expect_flag e, "flags are kept"

        ; in real mode
        push    ds
        pop     es
        call    clear_call
        mov     word [call_flags], FLAG_INTERRUPT | 2
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], real_rounds
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        expect_at_least MANY, [call_ecx], "HLT waits in real mode"

        ; as the last instruction of a loop that an INT 2Fh idle call is made in
        mov     ax, 1680h
        int     2Fh
        hlt
        passed  "HLT behind 1680h"

        ; with interrupts off the wait would have no end
        cli
        hlt
        passed  "HLT with interrupts off comes back"
        sti

        ; through 0301h nested in a handler's client code, a few hundred times: nothing is used up
        mov     cx, 300
.again:
        push    cx
        cli
        hlt
        sti
        pop     cx
        loop    .again
        passed  "300 times"
        jmp     finish

; rounds: ECX = how often HLT came back in TICKS ticks.
rounds:
        push    es
        mov     es, [bios_data]
        xor     ecx, ecx
        mov     dx, [es:6Ch]
        add     dx, TICKS
.next:
        hlt
        inc     ecx
        mov     ax, [es:6Ch]
        sub     ax, dx
        js      .next
        pop     es
        ret

real_rounds:
        push    ds
        mov     ax, 40h
        mov     ds, ax
        xor     ecx, ecx
        mov     dx, [6Ch]
        add     dx, TICKS
.next:
        hlt
        inc     ecx
        mov     ax, [6Ch]
        sub     ax, dx
        js      .next
        pop     ds
        retf

timer:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [count]
        pop     ds
        chain_to old_timer

section .bss
                  alignb 4
count:            resd 1
old_timer:        resd 2
bios_data:        resw 1
carry:            resb 1
