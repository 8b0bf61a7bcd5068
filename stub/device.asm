; DEVICE=FERRITE.EXE in CONFIG.SYS: start-up on behalf of DOS's INIT request, and back to DOS.
;
; DOS has loaded the MZ image and calls its device header's routines (runner.asm). There is no PSP of ours, no
; environment and perhaps no standard handle: path and switches are in the request, text goes out character by character.
; What stays is the first DEVICE_KEPT bytes of the image, with the header in them, and behind them the resident part.

section .text

; Offsets in the INIT request.
REQUEST_COMMAND         equ 2
REQUEST_STATUS          equ 3
REQUEST_UNITS           equ 13
REQUEST_END             equ 14
REQUEST_LINE            equ 18

; Offset in the device header; bit 15 says that it is a character device's.
HEADER_ATTRIBUTES       equ 4

STATUS_DONE             equ 0x0100
STATUS_UNKNOWN_COMMAND  equ 0x8103
STATUS_FAILURE          equ 0x810C

; 1 while DOS waits for the answer to INIT.
device_mode:
        db 0
; 1 when DOS's 32-bit registers are on its stack too.
device_wide:
        db 0
; SS:SP of DOS, under which its registers lie.
device_stack:
        dd 0
; Paragraph of the device header.
device_segment:
        dw 0

        cpu 8086
; Stack: BX | DS | far return. In: CS=segment of the image as DOS loaded it.
device_init:
        push ax
        push cx
        push dx
        push bp
        push si
        push di
        push es
        mov ax, cs
        mov ds, ax
        mov [device_segment], ax
        mov byte [device_mode], 1
        mov word [output_handle], 0
        mov [device_stack], sp
        mov [device_stack + 2], ss
        cld
        call check_processor
        cpu 486
        pushad
        push fs
        push gs
        mov [device_stack], sp
        mov byte [device_wide], 1
        call check_dos
        les bx, [device_request]
        movzx eax, word [es:bx + REQUEST_END]
        shr ax, 4
        add ax, [es:bx + REQUEST_END + 2]
        cmp byte [dos_version], 5               ; older ones do not tell how much there is
        jae .told
        int 0x12
        shl ax, 6
        sub ax, OLD_DOS_PARAGRAPHS
.told:
        sub ax, [device_segment]
        jb .no_room
        cmp ax, NEEDED_PARAGRAPHS
        fail_unless jae, CONVENTIONAL
        jmp move_up
.no_room:
        fail CONVENTIONAL

; What DOS before 5.0 has for itself at the top of memory while it reads CONFIG.SYS, roughly.
OLD_DOS_PARAGRAPHS      equ 0x2000

; Goes on here when the image has moved up.
device_start:
        call default_options
        or dword [boot_info + BOOT_flags], FLAG_DEVICE
        call parse_request
        cmp byte [action], 0
        fail_unless je, SWITCH_ALONE
        call find_resident
        cmp word [resident_segment], 0
        fail_unless je, LOADED
        mov ax, [device_segment]
        add ax, DEVICE_KEPT / 16
        mov [resident_place], ax
        call load_ferrite
        mov es, [device_segment]
        mov byte [es:device_interrupt.init], 0xEB       ; from now on a JMP: what INIT called is gone
        call announce
        mov ax, [resident_bytes]
        shr ax, 4
        add ax, [resident_place]
        mov cx, STATUS_DONE
        jmp short device_answer

; Start-up has failed, and everything is given back: nothing is to be kept. DOS before 5.0 does not go by the end address alone:
; a driver that gives up says that it is for block devices, of which it has none.
        cpu 8086
device_failed:
        mov ax, [device_segment]
        mov es, ax
        and word [es:HEADER_ATTRIBUTES], 0x7FFF
        les bx, [device_request]
        mov byte [es:bx + REQUEST_UNITS], 0
        mov cx, STATUS_FAILURE

; Back to DOS. In: AX=paragraph behind what is kept, CX=status.
device_answer:
        les bx, [device_request]
        mov word [es:bx + REQUEST_END], 0
        mov [es:bx + REQUEST_END + 2], ax
        mov [es:bx + REQUEST_STATUS], cx
        cli                                     ; an 8086 does not know to wait after MOV SS
        mov ss, [device_stack + 2]
        mov sp, [device_stack]
        sti
        cmp byte [device_wide], 0
        je .narrow
        cpu 486
        pop gs
        pop fs
        popad
        cpu 8086
.narrow:
        pop es
        pop di
        pop si
        pop bp
        pop dx
        pop cx
        pop ax
        pop bx
        pop ds
        retf
        cpu 486

; Path and switches from the request's line: what stands behind DEVICE=.
parse_request:
        push ds
        lds bx, [device_request]
        lds si, [bx + REQUEST_LINE]
        mov di, line_buffer
        mov cx, 254
.copy:
        lodsb
        cmp al, ' '
        jae .store
        cmp al, 9
        jne .end
.store:
        stosb
        loop .copy
.end:
        mov al, 0
        stosb
        pop ds
        mov si, line_buffer
        call skip_blanks
        mov di, own_path
        mov cx, 127
.path:
        lodsb
        call is_delimiter
        je .switches
        stosb
        loop .path
.switches:
        dec si
        mov byte [di], 0
        push si
        call full_path
        pop si
        mov byte [switches_only], 1
        jmp parse_line

; Makes own_path a full path, if DOS can say what it is. Changes AX, CX, SI, DI.
full_path:
        mov ah, 0x60
        mov si, own_path
        mov di, chunk
        int 0x21
        jc .done
        mov si, chunk
        mov di, own_path
        mov cx, 128
        rep movsb
.done:
        ret
