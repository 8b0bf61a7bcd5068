; What stays in memory under a program that `FERRITE PROGRAM` runs: start it, unload, pass its errorlevel on.
; Before it, what stays of a device driver: the header, which DOS expects at offset 0 of the image, and its routines.

section .runner

; CONFIG.SYS's way in.
device_header:
        dd -1                                   ; the only driver in this file
        dw 0x8000                               ; character device
        dw device_strategy
        dw device_interrupt
        db "FERRITE$"

device_request:
        dd 0

; Far call. In: ES:BX=request header.
device_strategy:
        mov [cs:device_request], bx
        mov [cs:device_request + 2], es
        retf

; Far call. INIT (0) is carried out (device.asm), once; every other command fails.
device_interrupt:
        push ds
        push bx
        lds bx, [cs:device_request]
        cmp byte [bx + REQUEST_COMMAND], 0
.init:
        jne .unknown
        jmp device_init
.unknown:
        mov word [bx + REQUEST_STATUS], STATUS_UNKNOWN_COMMAND
        pop bx
        pop ds
        retf

        align 16, db 0
; Bytes that stay of a device driver in front of the resident part.
DEVICE_KEPT equ $ - runner_start

; Paragraph of our PSP.
psp:
        dw 0
; Paragraph of the resident part; 0 while there is none.
resident_segment:
        dw 0
; Bytes of the resident part, whole paragraphs.
resident_bytes:
        dw 0
; 1 when the program's end is our end too; 0 when Ferrite was loaded before.
run_unloads:
        db 0
; The program's exit code and way of ending, as INT 21h 4Dh gives them.
run_result:
        dw 0
; EXEC's parameters. Segments are filled in at run time.
run_parameters:
        dw 0                                    ; our own environment, copied
        dw run_tail, 0
        dw run_fcb1, 0
        dw run_fcb2, 0
; Full name of the program, and its command tail as a PSP holds it.
run_path:
        times 128 db 0
run_tail:
        db 0
        times 127 db 13
run_fcb1:
        times 20 db 0
run_fcb2:
        times 20 db 0

; Entered by a far jump. In: CS=DS=ES=SS=the runner's final segment, SP=runner_stack_top; psp, resident_segment,
; run_unloads, run_path and run_tail filled.
run_program:
        mov es, [psp]
        mov bx, cs
        add bx, runner_bytes / 16
        sub bx, [psp]
        mov ah, 0x4A
        int 0x21
        push cs
        pop es
        mov si, run_tail + 1
        mov di, run_fcb1
        mov ax, 0x2901
        int 0x21
        mov di, run_fcb2
        mov ax, 0x2901
        int 0x21
        mov [run_parameters + 4], cs
        mov [run_parameters + 8], cs
        mov [run_parameters + 12], cs
        mov ax, 0x4B00
        mov bx, run_parameters
        mov dx, run_path
        int 0x21
        mov bx, cs                              ; DOS keeps CS:IP only
        mov ss, bx
        mov sp, runner_stack_top
        mov ds, bx
        mov es, bx
        cld
        mov si, message_EXECUTE
        jc .failed
        mov ah, 0x4D
        int 0x21
.ended:
        mov [run_result], ax
        cmp byte [run_unloads], 0
        je .exit
        mov si, message_PROGRAM_RESIDENT
        cmp ah, 3
        je .stay
        mov ax, [resident_segment]
        call unload
        mov si, ax
        or ax, ax
        jnz .stay
.exit:
        mov al, [run_result]
        mov ah, 0x4C
        int 0x21
.failed:
        mov al, [si - 1]
        mov ah, 0
        call complain
        jmp short .ended
.stay:
        call complain
        mov al, [run_result]
        jmp stay_resident

; In: SI=message. Prints it on standard error. Changes AX, SI.
complain:
        push ax
        cmp word [output_handle], 0
        je .as_device
        mov word [output_handle], 2
.as_device:
        call print_message
        pop ax
        ret

; Ends our process, keeping the resident part. In: AL=errorlevel, DS=our segment.
stay_resident:
        push ax
        mov es, [psp]
        xor ax, ax
        xchg ax, [es:0x2C]                      ; the environment goes
        mov es, ax
        mov ah, 0x49
        int 0x21
        mov bx, 4                               ; and so do the standard handles, which may be files
.close:
        mov ah, 0x3E
        int 0x21
        dec bx
        jns .close
        call kept_paragraphs
        mov dx, ax
        pop ax
        mov ah, 0x31
        int 0x21

; Out: AX=paragraphs from the PSP to the end of the resident part. DS=our segment.
kept_paragraphs:
        mov ax, [resident_bytes]
        add ax, PSP_KEPT
        shr ax, 4
        ret

        align 4, db 0
        times 512 db 0
runner_stack_top:
