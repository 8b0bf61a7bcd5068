; The A20 line: seen, switched on, switched off. Real mode only; all routines run with IF=0.
;
; The line is switched at the hardware even where an older XMS driver counts its uses: a crossing leaves it as it
; found it, with interrupts off in between, so nobody can notice, and the driver's own calls may not be re-entered.
; The driver is the last resort, on machines whose way to the line only it knows.
;
; Of the ways to switch, the one that is used is at the end of the resident part, where the stub copies it
; (stub/address20.asm has them all); what lies behind it is given back.

; Bytes of the longest way.
A20_WAY_MAX     equ 31

; Where the wrap is looked for: our own vector in the IVT, 1 MiB above itself.
A20_PROBE       equ 4 * TRAP_VECTOR

; Out: AL=1 when the line is on, 0 when it is off; AH=0. Nothing else changes but flags.
a20_query:
        push ds
        push es
        xor ax, ax
        mov ds, ax
        dec ax
        mov es, ax
        mov ax, [es:A20_PROBE + 0x10]           ; changes with what is 1 MiB below it?
        not word [A20_PROBE]
        cmp ax, [es:A20_PROBE + 0x10]
        not word [A20_PROBE]                    ; NOT leaves the flags
        sete al
        mov ah, 0
        pop es
        pop ds
        ret

; In: AL=1 on, AL=0 off; DS=resident segment. Out: AL=1 when the line is as asked. Changes AX, BX, CX, DX.
; Stack: 20 bytes of the caller's, more with a BIOS or a driver.
a20_set:
        mov bl, al
        call a20_way
        xor cx, cx
.again:
        call a20_query
        cmp al, bl
        loopne .again
        sete al
        ret

; In: AL=BL=1 on, 0 off. Changes AX, BH, CX, DX.
a20_way:
        times A20_WAY_MAX ret
