; Which processor this is.

section .text

        cpu 8086
; Comes back on a 486 or better; else says so and ends.
; Told by the bits of FLAGS that can be changed: 12-15 are all set on an 8086, all clear on a 286 in real mode;
; AC (18) cannot be changed on a 386.
check_processor:
        pushf
        pop ax
        and ax, 0x0FFF
        push ax
        popf
        pushf
        pop ax
        and ax, 0xF000
        cmp ax, 0xF000
        fail_unless jne, PROCESSOR
        mov ax, 0x7000
        push ax
        popf
        pushf
        pop ax
        test ax, 0x7000
        fail_unless jnz, PROCESSOR
        xor ax, ax
        push ax
        popf                                    ; NT and IOPL back to 0, IF too: an interrupt between the next two
        cpu 386                                 ; instructions could come back with AC clear (SeaBIOS' do)
        mov bx, sp
        and sp, ~3                              ; or AC would fault under a monitor
        pushfd
        pop eax
        mov ecx, eax
        xor eax, 1 << 18
        push eax
        popfd
        pushfd
        pop eax
        push ecx
        popfd
        mov sp, bx
        xor eax, ecx
        sti
        test eax, 1 << 18
        fail_unless jnz, PROCESSOR
        ret
        cpu 486

; Fills boot_info's processor fields. Changes EAX, EBX, ECX, EDX.
read_processor:
        mov dword [boot_info + BOOT_cpu_signature], 0x0400
        cli                                     ; as in check_processor
        pushfd
        pop eax
        mov ecx, eax
        xor eax, 1 << 21                        ; ID: CPUID is there when it can be changed
        push eax
        popfd
        pushfd
        pop eax
        push ecx
        popfd
        xor eax, ecx
        sti
        test eax, 1 << 21
        jz .fpu
        cpu 586
        mov eax, 1
        cpuid
        cpu 486
        mov [boot_info + BOOT_cpu_signature], eax
        mov [boot_info + BOOT_cpu_features], edx
.fpu:
        smsw ax
        test al, 4                              ; EM: somebody says that there is none
        jnz .done
        fninit
        mov word [fpu_status], 0x5A5A
        fnstsw [fpu_status]
        cmp byte [fpu_status], 0
        setz [boot_info + BOOT_has_fpu]
.done:
        ret

; DOSBox 0.74 and DOSBox Staging serve a page fault in a recursive core, which the core must go easy on. They are
; known by their BIOS; DOSBox-X, which throws a real fault, calls its own by another name.
; Changes AX, CX, SI, DI.
find_emulator:
        push es
        mov ax, 0xF000
        mov es, ax
        mov di, 0xE061
        mov si, dosbox_name
        mov cx, dosbox_name.end - dosbox_name
        repe cmpsb
        pop es
        jne .done
        or dword [boot_info + BOOT_flags], FLAG_EAGER
.done:
        ret

dosbox_name:
        db "DOSBox FakeBIOS"
.end:

section .bss
fpu_status:
        resw 1
