; The A20 line: seen, switched on, switched off. Real mode only; all routines run with IF=0.
;
; The line is switched at the hardware even where an older XMS driver counts its uses: a crossing leaves it as it
; found it, with interrupts off in between, so nobody can notice, and the driver's own calls may not be re-entered.
; The driver is the last resort, on machines whose way to the line only it knows.

A20_ALWAYS      equ 0
A20_PORT92      equ 1
A20_KEYBOARD    equ 2
A20_BIOS        equ 3
A20_DRIVER      equ 4

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
        mov ax, [A20_PROBE]
        cmp ax, [es:A20_PROBE + 0x10]
        jne .known
        not ax                                  ; equal by chance?
        mov [A20_PROBE], ax
        cmp ax, [es:A20_PROBE + 0x10]
        not word [A20_PROBE]                    ; NOT leaves the flags
.known:
        mov ax, 0
        setne al
        pop es
        pop ds
        ret

; In: AL=1 on, AL=0 off; DS=resident segment. Out: AL=1 when the line is as asked. Changes AX, BX, CX, DX.
; Stack: 20 bytes of the caller's, more with a BIOS or a driver.
a20_set:
        mov bl, al
        mov bh, [RESIDENT_a20_method]
        dec bh
        js .wait                                ; always on
        jz .port92
        dec bh
        jz .keyboard
        dec bh
        jz .bios
; The driver's local enable (05h) or disable (06h).
        push bx
        mov ah, 6
        sub ah, bl
        call far [RESIDENT_old_xms]
        pop bx
        jmp short .wait
.bios:
        push bx
        mov ah, 0x24
        call int15_simulated
        pop bx
        jmp short .wait
.port92:
        in al, 0x92
        and al, 0xFC                            ; bit 0 resets the machine
        add al, bl
        add al, bl
        out 0x92, al
        jmp short .wait
.keyboard:
        mov ah, 0xD1                            ; write the output port
        call keyboard_command
        call keyboard_ready
        mov al, bl
        add al, al
        add al, 0xDD
        out 0x60, al
        mov ah, 0xFF                            ; no pulse: some controllers act only then
        call keyboard_command
        call keyboard_ready
.wait:
        xor cx, cx
.again:
        call a20_query
        cmp al, bl
        loopne .again
        mov al, 0
        sete al
        ret

; INT 15h as the BIOS knew it before our hook, which is not there yet when the stub calls.
int15_simulated:
        cmp word [RESIDENT_old_15 + 2], 0
        jne .hooked
        int 0x15
        ret
.hooked:
        pushf
        call far [RESIDENT_old_15]
        ret

; In: AH=command for port 64h.
keyboard_command:
        call keyboard_ready
        mov al, ah
        out 0x64, al
        ret

; Waits until the controller has taken the last byte. Changes AL, CX.
keyboard_ready:
        xor cx, cx
.again:
        in al, 0x64
        test al, 2
        loopnz .again
        ret

; The same for the stub, which calls far.
a20_query_far:
        call a20_query
        retf
a20_set_far:
        call a20_set
        retf
