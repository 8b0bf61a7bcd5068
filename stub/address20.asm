; Finding a way to switch the A20 line, with the resident part's own routines (realmode/a20.asm), which run where
; they lie in the image. The way that is found stays there.

section .text

; The ways, in the order in which they are tried: offset and bytes. In and out as `a20_way`; each can lie anywhere.
a20_ways_table:
        dw a20_way_none, a20_way_port92 - a20_way_none
        dw a20_way_port92, a20_way_keyboard - a20_way_port92
        dw a20_way_keyboard, a20_way_bios - a20_way_keyboard
        dw a20_way_bios, a20_way_driver - a20_way_bios
        dw a20_way_driver, a20_ways_end - a20_way_driver

a20_way_none:
        ret
a20_way_port92:
        in al, 0x92
        and al, 0xFC                            ; bit 0 resets the machine
        add al, bl
        add al, bl
        out 0x92, al
        ret
a20_way_keyboard:
        mov ah, 0xD1                            ; write the output port
        call .command
        mov al, bl
        add al, al
        add al, 0xDD
        out 0x60, al
        mov ah, 0xFF                            ; no pulse: some controllers act only then
; AH=command for port 64h.
.command:
        call .ready
        mov al, ah
        out 0x64, al
; Waits until the controller has taken the last byte.
.ready:
        xor cx, cx
.again:
        in al, 0x64
        test al, 2
        loopnz .again
        ret
; INT 15h as the BIOS knew it before our hook.
a20_way_bios:
        push bx
        mov ah, 0x24
        pushf
        call far [RESIDENT_old_15]
        pop bx
        ret
; The driver's local enable (05h) or disable (06h).
a20_way_driver:
        push bx
        mov ah, 6
        sub ah, bl
        call far [RESIDENT_old_xms]
        pop bx
        ret
a20_ways_end:
%if a20_way_bios - a20_way_keyboard != A20_WAY_MAX
        %error "A20_WAY_MAX is wrong"
%endif

; Segment of the resident part's image, which runs where it lies.
a20_segment:
        dw 0
; What was found; fail_with looks at a20_touched before .bss is cleared.
a20_found:
        db 0
a20_touched:
        db 0

; /A20: a way, or -1 to find one.
a20_switch:
        db -1

; Tries the ways in turn, or the one that /A20 names, until one switches the line both ways, notes it, and
; leaves the line on. A line that is on and that nothing switches off counts as always on. Changes everything but DS,
; ES.
find_a20:
        mov ax, cs
        add ax, resident_blob_paragraph
        mov [a20_segment], ax
        mov fs, ax
        mov eax, [xms_driver]
        mov [fs:RESIDENT_old_xms], eax
        xor ax, ax
        mov gs, ax
        mov eax, [gs:4 * 0x15]
        mov [fs:RESIDENT_old_15], eax
        mov al, A20_ALWAYS
        call take_way
        cli                                     ; DOS may lie in the HMA: nothing runs while the line is off
        mov bx, a20_query
        call call_resident
        mov [a20_found], al
        mov byte [a20_touched], 1
        mov al, [a20_switch]
        cmp al, A20_ALWAYS
        je .none
        jns .try
        mov al, A20_PORT92
.try:
        cmp al, A20_DRIVER
        jb .known
        ja .none
        cmp word [xms_driver + 2], 0
        je .next
.known:
        call take_way
        mov al, [a20_found]
        xor al, 1
        call set_line
        push ax
        mov al, [a20_found]
        call set_line
        pop dx
        and al, dl
        jnz .works
.next:
        cmp byte [a20_switch], A20_ALWAYS       ; the one that was asked for does not work
        jg .failed
        mov al, [fs:RESIDENT_a20_method]
        inc ax
        jmp short .try
.none:
        mov al, A20_ALWAYS
        call take_way
        cmp byte [a20_found], 0
        jne .works
.failed:
        sti
        mov byte [a20_touched], 0
        fail A20
.works:
        mov al, 1
        call set_line
        sti
        ret

; Makes AL's way that of the resident image, which ends behind it. Changes AX, CX, SI, DI.
take_way:
        mov [fs:RESIDENT_a20_method], al
        cmp al, A20_PORT92
        sete [fs:int2f_hook.a20_handler]
        inc byte [fs:int2f_hook.a20_handler]
        mov ah, 0
        mov si, ax
        shl si, 2
        mov cx, [a20_ways_table + si + 2]
        mov si, [a20_ways_table + si]
        mov di, a20_way
        push es
        mov ax, fs
        mov es, ax
        rep movsb
        pop es
        mov [fs:RESIDENT_code_end], di
        ret

; Leaves the line as it was found. Changes everything but DS, ES.
restore_a20:
        mov al, [a20_found]
        cli
        call set_line
        sti
        ret

; In: AL=1 on, 0 off. Out: AL=1 when that was done. Changes AX, BX, CX, DX.
set_line:
        mov bx, a20_set

; Calls the near routine BX of the resident image, with its DS.
call_resident:
        push ds
        push cs
        push .back
        mov ds, [a20_segment]
        push resident_retf
        push ds
        push bx
        retf
.back:
        pop ds
        ret
