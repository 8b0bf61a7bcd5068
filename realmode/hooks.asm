; The interrupt hooks. All are installed once, at load, and look at ResidentInfo.active themselves: a hook added
; later could not be taken out from under a resident program that came in between.
;
; Each is entered as an interrupt: stack  IP | CS | FLAGS  (IP on top).

; INT 2Fh, multiplex. Answered here in both states: the DPMI and XMS installation checks, Windows' start-up and
; our own check. The core sees 1680h (idle) while it is active.
int2f_hook:
        cmp ax, 0x1687
        je .dpmi
        cmp ah, 0x43
        je .xms
        cmp ax, 0x1680
        je .idle
        cmp ax, 0x1605
        je .windows
        cmp ax, MULTIPLEX << 8
        je .find
.chain:
        jmp far [cs:RESIDENT_old_2f]

; 1687h. Out: AX=0, BX=1 (32-bit programs), CL=CPU, DX=version 0.90, SI=paragraphs, ES:DI=entry.
.dpmi:
        test byte [cs:RESIDENT_features], FEATURE_DPMI
        jz .chain
        cmp byte [cs:RESIDENT_active], 0
        jne .offer
        push ax                                 ; dormant and not in real mode: a monitor that was loaded later has the
        smsw ax                                 ; machine (EMM386), and `cross` would refuse what is promised here
        test al, 1
        pop ax
        jnz .chain
.offer:
        xor ax, ax
        mov bx, 1
        mov cl, [cs:RESIDENT_cpu]
        mov dx, 0x005A
        mov si, [cs:RESIDENT_host_paragraphs]
        push cs
        pop es
        mov di, dpmi_entry
        iret

; 4300h, 4308h, 4309h, 4310h: the XMS driver's presence, A20 method, public handle table and entry.
.xms:
        test byte [cs:RESIDENT_features], FEATURE_XMS
        jz .chain
        cmp al, 0x10
        je .xms_entry
        cmp al, 0x08
        je .xms_a20
        cmp al, 0x09
        je .xms_table
        or al, al
        jnz .chain
        mov al, 0x80
        iret
.xms_entry:
        push cs
        pop es
        mov bx, xms_entry
        iret
; Out: AL=43h, BL=A20 handler as HIMEM numbers them (2 is the PS/2's port 92h, 1 the AT's controller, which also
; stands for what HIMEM has no number for; the stub writes it), BH=0.
.xms_a20:
        mov al, 0x43
        mov bx, strict word 1
.a20_handler    equ $ - 2
        iret

; Out: AL=43h, ES:BX=table, with /TABLE.
.xms_table:
        mov bx, [cs:RESIDENT_xms_table]
        or bx, bx
        jz .chain
        push cs
        pop es
        mov al, 0x43
        iret
; 1605h. Windows in enhanced mode and a live client exclude each other: CX<>0 refuses the start. Older handlers
; hear of it all the same.
.windows:
        cmp byte [cs:RESIDENT_active], 0
        je .chain
        mov cx, -1
        jmp short .chain

.idle:
        cmp byte [cs:RESIDENT_active], 0
        je .chain
        jmp SITE(EVENT_INT2F)

; Our own check. In: AX=D600h, BX and CX the signature. Out: AX=FFFFh, ES=resident segment.
.find:
        cmp bx, SIGNATURE_BX
        jne .chain
        cmp cx, SIGNATURE_CX
        jne .chain
        mov ax, 0xFFFF
        push cs
        pop es
        iret

; INT 15h. The calls that report extended memory report what is left of it (they are left alone where an older XMS
; driver answers them already). Active: what moves memory, switches A20 or the processor's mode goes to the core,
; and so does Ctrl-Alt-Del.
int15_hook:
        pushf
        test byte [cs:RESIDENT_features], FEATURE_INT15
        jz .older
        cmp ah, 0x88
        je .size
        cmp ax, 0xE801
        je .sizes
        cmp ax, 0xE820
        je .map
.older:
        cmp byte [cs:RESIDENT_active], 0
        je .chain
        cmp ah, 0x4F
        je .key
        cmp ah, 0x24
        je .trap
        cmp ah, 0x87
        je .trap
        cmp ah, 0x89
        je .trap
.chain:
        popf
.pass:
        jmp far [cs:RESIDENT_old_15]

.trap:
        popf
        jmp SITE(EVENT_INT15)

; 4Fh, AL=scan code: Del or End with Ctrl and Alt held.
.key:
        cmp al, 0x53
        je .held
        cmp al, 0x4F
        jne .chain
.held:
        push ds
        push ax
        mov ax, 0x40
        mov ds, ax
        mov al, [0x17]
        and al, 0x0C
        cmp al, 0x0C
        pop ax
        pop ds
        jne .chain
        cmp al, 0x53
        je .restart
        popf
        jmp SITE(EVENT_END_KEY)
.restart:
        popf
        jmp SITE(EVENT_REBOOT)

; E801h. Out: AX=CX=KiB from 1 to 16 MiB, BX=DX=64 KiB blocks above; CF=0. The stub writes the numbers.
.sizes:
        mov bx, strict word 0
.blocks_above   equ $ - 2
        mov dx, bx
        mov cx, strict word 0
.kib_below      equ $ - 2
        mov ax, cx
        jmp short .told
; 88h. Out: AX=KiB above 1 MiB, CF=0.
.size:
        mov ax, strict word 0
.kib            equ $ - 2
.told:
        popf
        jmp short .succeeded

; E820h. The older handler's answer; of usable memory below 4 GiB what ends here is left, the rest is ours and called reserved.
.map:
        call far [cs:RESIDENT_old_15]           ; the flags are on the stack
        jc .return_carry
        cmp eax, 'PAMS'
        jne .succeeded
        cmp dword [es:di + 4], 0
        jne .succeeded
        cmp byte [es:di + 16], 1
        jne .succeeded
        push eax
        mov eax, strict dword 0x100000
.left_end       equ $ - 4
        sub eax, [es:di]
        jbe .ours
        cmp eax, [es:di + 8]
        jae .whole
        mov [es:di + 8], eax
        jmp short .whole
.ours:
        inc byte [es:di + 16]
.whole:
        pop eax
.succeeded:
        clc

; Ends an interrupt with its CF. The IRET frame's other flags stay, IF among them.
.return_carry:
        push bp
        mov bp, sp                              ; stack: BP | IP | CS | FLAGS
        rcr byte [bp + 6], 1                    ; CF in, the old one out
        rol byte [bp + 6], 1
        pop bp
        iret
int15_end:

; INT 13h, disk. Counts the calls under way, so that the core knows when the BIOS must not be entered again.
; Some BIOSes return with IRET and some with RETF 2; either way the caller gets the flags that came back, and
; with IRET its own IF, since its own FLAGS go into the simulated frame.
int13_hook:
        inc byte [cs:RESIDENT_disk_depth]
        push ax                                 ; room for FLAGS
        push bp
        mov bp, sp                              ; stack: BP | room | IP | CS | FLAGS
        push word [bp + 8]
        pop word [bp + 2]
        pop bp
        call far [cs:RESIDENT_old_13]
        pushf
        dec byte [cs:RESIDENT_disk_depth]
        popf
        retf 2

; The trap vector. As a trap it never comes here: the core takes it. It does when a program calls a stale
; callback address while dormant (then the RETF behind `callback_trap` returns to the program), and when some
; program uses INT F8h for itself (then the older handler gets it).
trap_hook:
        push bp
        mov bp, sp                              ; stack: BP | IP | CS | FLAGS
        push ax
        push bx
        mov ax, cs
        mov bx, [bp + 4]
        sub bx, ax
        shl bx, 4
        add bx, [bp + 2]                        ; offset in our segment, whatever alias of it was called
        cmp bx, callback_trap + 2
        pop bx
        pop ax
        pop bp
        je .done
        cmp word [cs:RESIDENT_old_trap + 2], 0
        je .done
        jmp far [cs:RESIDENT_old_trap]
.done:
        iret
