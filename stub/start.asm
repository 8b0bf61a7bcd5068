; The entry from DOS and the order of events.

section .text

; Ends with a sentence and its number as errorlevel.
%macro fail 1
        mov si, message_%1
        jmp fail_with
%endmacro

; The same if the condition holds. 1: condition's opposite as a jump, 2: message
%macro fail_unless 2
        %1 %%passed
        fail %2
%%passed:
%endmacro

        times 64 dw 0
early_stack:

; Paragraphs that the stub needs behind its PSP.
NEEDED_PARAGRAPHS equ 0x1000 + MOVE_PARAGRAPHS + 0x10
%if (NEEDED_PARAGRAPHS + 63) / 64 != 71
        %error "message 12 says another number of KiB"
%endif

        cpu 8086
start:
        mov ax, cs
        mov ds, ax
        mov [psp], es
        cld
        pushf                                   ; NT off: DOSBox starts programs with it set
        pop ax
        and ah, 0xBF
        push ax
        popf
        call check_processor                    ; comes back on a 486
        call check_dos
        mov es, [psp]
        mov ax, [es:2]
        sub ax, [psp]
        cmp ax, NEEDED_PARAGRAPHS
        fail_unless jae, CONVENTIONAL
        cpu 486

; Up, out of the way of the resident part. The ranges overlap, so from the end.
move_up:
        mov ax, cs
        add ax, MOVE_PARAGRAPHS
        mov es, ax
        mov si, image_bytes - 2
        mov di, si
        mov cx, image_bytes / 2
        std
        rep movsw
        cld
        push es
        push .moved
        retf
.moved:
        mov ax, cs
        mov ss, ax
        mov sp, stack_top
        mov ds, ax
        mov es, ax
        mov di, IMAGE_BYTES_MAX
        mov cx, (bss_end - STACK_BYTES - bss_start) / 2
        xor ax, ax
        rep stosw

        cmp byte [device_mode], 0
        jne device_start
        call read_environment
        call default_options
        call parse_variable
        call parse_command_line
        call find_resident
        mov al, [action]
        cmp al, '?'
        je show_help
        cmp al, 'S'
        je show_status
        cmp al, 'U'
        je unload_command
        cmp byte [program_name], 0
        je .load
        call find_program
        cmp word [resident_segment], 0
        jne run_command                         ; loaded already: just run it
.load:
        cmp word [resident_segment], 0
        fail_unless je, LOADED
        mov ax, [psp]
        add ax, PSP_KEPT / 16
        mov [resident_place], ax
        call load_ferrite
        cmp byte [program_name], 0
        je .stay
        mov byte [run_unloads], 1
        jmp run_command
.stay:
        call announce
        mov al, 0
        jmp stay_resident

; Everything from the first look at the machine to hooks that work. In: resident_place.
load_ferrite:
        call check_options
        call check_conflicts
        call read_processor
        call find_emulator
        call collect_memory
        call find_a20
        call load_core
        call install_resident
        call start_core
        jmp hook_vectors

; The line that says that Ferrite is there.
announce:
        mov word [insert_text], message_version
        mov eax, [total_kib]
        mov [insert_number], eax
        mov si, message_READY
        jmp print_message

; Comes back on DOS 3.30 or later.
check_dos:
        mov ah, 0x30
        int 0x21
        mov [dos_version], ax
        xchg al, ah
        cmp ax, 0x031E
        fail_unless jae, DOS_VERSION
        ret

; Moves the runner behind the resident part, or, when that is not ours, behind the PSP.
run_command:
        mov ax, 0x100 / 16
        cmp byte [run_unloads], 0
        je .move
        call kept_paragraphs
.move:
        add ax, [psp]
        mov es, ax
        xor si, si
        xor di, di
        mov cx, runner_bytes / 2
        rep movsw
        mov ds, ax
        mov ss, ax
        mov sp, runner_stack_top
        push ax
        push run_program
        retf

; /?
show_help:
        mov word [insert_text], message_version
        mov si, message_BANNER
        call print_message
        mov si, message_help
        call print_message
        mov ax, 0x4C00
        int 0x21

; /U
unload_command:
        mov ax, [resident_segment]
        or ax, ax
        fail_unless jnz, NOT_LOADED
        mov es, ax
        cmp dword [es:RESIDENT_fingerprint], LAYOUT_FINGERPRINT
        fail_unless je, OTHER_VERSION
        call unload
        or ax, ax
        jnz .refused
        mov es, [resident_segment]
        mov es, [es:RESIDENT_psp]
        mov ah, 0x49
        int 0x21
        mov si, message_UNLOADED
        call print_message
        mov ax, 0x4C00
        int 0x21
.refused:
        mov si, ax

; Prints a message on standard error, gives back what was taken and ends.
; In: SI=message, whose number is the errorlevel; DS=our segment.
        cpu 8086
fail_with:
        mov al, [si - 1]
        call complain
        push ax
        cmp byte [a20_touched], 0
        je .line_left
        call restore_a20
.line_left:
        cmp word [xms_block_total], 0
        je .exit
        call release_xms
.exit:
        pop ax
        cmp byte [device_mode], 0
        jne device_failed_near
        mov ah, 0x4C
        int 0x21
device_failed_near:
        jmp device_failed
        cpu 486

dos_version:
        dw 0
section .bss
; Paragraph where the resident part goes.
resident_place:
        resw 1
        alignb 4
; KiB that Ferrite got.
total_kib:
        resd 1
