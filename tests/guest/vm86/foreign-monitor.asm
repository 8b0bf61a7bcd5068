; Somebody else's virtual-8086 monitor that took the machine after the host was loaded, as EMM386 in CONFIG.SYS does. The monitor is
; this program's: IOPL 3, INTs carried out as real mode would, all IRQs masked, and HLT ends it. What the host cannot do there it
; does not offer: INT 2Fh 1687h finds nobody, the entry from before refuses, and so does XMS, with nothing changed. Afterwards all is as it was.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 14

%include "xms/xms.inc"

%define GP           13
%define EFLAGS_VM    20000h
%define EFLAGS_IOPL3 3000h
%define HLT          0F4h
%define INT_N        0CDh
%define SEL_CODE     08h
%define SEL_DATA     10h
%define SEL_TSS      18h
%define SEL_FLAT     20h
%define TSS_BYTES    68h
%define UNTOUCHED    5A5Ah

; The monitor's stack, ring 0: what a fault in virtual-8086 mode pushes.
%define FAULT_CODE   0
%define FAULT_EIP    4
%define FAULT_CS     8
%define FAULT_EFLAGS 12
%define FAULT_ESP    16
%define FAULT_SS     20

; body: real mode first, then by 0301h, where the host's own monitor has the machine and nothing is tried.
body:
        smsw    ax
        test    al, 1
        jz      .real_mode
        ret
.real_mode:
        call    find_host
        expect_flag nc, "1687h finds the host in real mode"
        mov     ah, 8
        call    far [xms_entry]
        mov     [free_before], dx
        mov     ah, 9
        mov     dx, 64
        call    far [xms_entry]
        mov     [block], dx
        expect_equal16 ax, 1, "09h allocates a block in real mode"

        mov     si, work
        call    under_monitor
        expect_equal [ended_at], work.end, "the monitor's work came to its end"
        expect_equal16 [seen_1687], 1687h, "1687h is answered by nobody there"
        expect_equal16 [seen_cx], UNTOUCHED, "CX is as it was"
        expect_equal16 [entry_carry], 1, "the entry from before refuses"
        expect_equal16 [allocated], 0, "09h refuses"
        expect_equal16 [allocated_code], 80h, "with 80h"
        expect_equal16 [freed], 0, "0Ah refuses"
        expect_equal16 [freed_code], 80h, "with 80h"

        call    find_host
        expect_flag nc, "1687h finds the host again in real mode"
        mov     ah, 0Ah
        mov     dx, [block]
        call    far [xms_entry]
        expect_equal16 ax, 1, "0Ah frees the block"
        mov     ah, 8
        call    far [xms_entry]
        expect_equal16 dx, [free_before], "as much is free as before"
        smsw    ax
        and     ax, 1
        expect_equal16 ax, 0, "the machine is in real mode"
        ret

; What is done in the monitor's virtual-8086 mode. IF=0 all along, and no IRQ comes.
work:
        mov     ax, 1687h
        mov     cx, UNTOUCHED
        int     2Fh
        mov     [cs:seen_1687], ax
        mov     [cs:seen_cx], cx
        push    cs
        pop     ds
        push    cs
        pop     es
        xor     ax, ax
        call    far [host_entry]
        setc    [entry_carry]
        mov     ah, 9
        mov     dx, 64
        call    far [xms_entry]
        mov     [allocated], ax
        mov     [allocated_code], bl
        mov     ah, 0Ah
        mov     dx, [block]
        call    far [xms_entry]
        mov     [freed], ax
        mov     [freed_code], bl
.end:
        hlt

; under_monitor: runs SI in virtual-8086 mode, until a fault that is no INT n: [ended_at] says where.
under_monitor:
        pushfd
        push    ds
        push    es
        cli
        in      al, 21h
        mov     [masks], al
        in      al, 0A1h
        mov     [masks + 1], al
        mov     al, 0FFh
        out     21h, al
        out     0A1h, al
        xor     eax, eax
        mov     ax, cs
        shl     eax, 4
        mov     ebx, eax
        mov     edi, gdt + SEL_CODE
        call    set_base
        mov     edi, gdt + SEL_DATA
        call    set_base
        add     eax, tss
        mov     edi, gdt + SEL_TSS
        call    set_base
        mov     byte [gdt + SEL_TSS + 5], 89h   ; not busy: it was when this was done before
        lea     edx, [ebx + gdt]
        mov     [gdt_register + 2], edx
        lea     edx, [ebx + idt]
        mov     [idt_register + 2], edx
        mov     dword [tss + 4], monitor_stack_top
        mov     word [tss + 8], SEL_DATA
        mov     word [tss + 66h], TSS_BYTES     ; no I/O map: IOPL 3 does not ask it for CLI, and no port is used
        mov     [real_sp], sp
        mov     ax, cs
        mov     [real_way + 2], ax
        sidt    [real_idt]
        lgdt    [gdt_register]
        lidt    [idt_register]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     SEL_CODE:.protected
.protected:
        mov     ax, SEL_TSS
        ltr     ax
        movzx   eax, word [cs:real_segment]
        xor     ecx, ecx
        mov     cx, [cs:real_sp]
        sub     cx, 16                          ; the work's stack: below what is on it
        mov     dx, SEL_DATA
        mov     ss, dx
        mov     esp, monitor_stack_top
        push    eax                             ; GS, FS, DS, ES
        push    eax
        push    eax
        push    eax
        push    eax                             ; SS:ESP
        push    ecx
        push    dword EFLAGS_VM | EFLAGS_IOPL3 | 2
        push    eax                             ; CS:EIP
        movzx   esi, si
        push    esi
        iretd

; set_base: the descriptor at DS:DI gets EAX as its base.
set_base:
        mov     [di + 2], ax
        ror     eax, 16
        mov     [di + 4], al
        mov     [di + 7], ah
        ror     eax, 16
        ret

; Ring 0, by the gate of every exception. An INT n beyond the IDT's end comes as #GP.
fault:
        push    eax
        push    ebx
        push    ecx
        push    esi
        push    ebp
        mov     ax, SEL_FLAT
        mov     ds, ax
%define ABOVE 20                                ; what was pushed here
        mov     ebp, esp
        movzx   esi, word [ss:ebp + ABOVE + FAULT_CS]
        shl     esi, 4
        add     esi, [ss:ebp + ABOVE + FAULT_EIP]
        cmp     byte [esi], INT_N
        jne     .end
        movzx   ebx, byte [esi + 1]
        add     word [ss:ebp + ABOVE + FAULT_EIP], 2
        movzx   ecx, word [ss:ebp + ABOVE + FAULT_SS]
        shl     ecx, 4
        sub     word [ss:ebp + ABOVE + FAULT_ESP], 6
        movzx   esi, word [ss:ebp + ABOVE + FAULT_ESP]
        add     esi, ecx
        mov     ax, [ss:ebp + ABOVE + FAULT_EIP]
        mov     [esi], ax
        mov     ax, [ss:ebp + ABOVE + FAULT_CS]
        mov     [esi + 2], ax
        mov     ax, [ss:ebp + ABOVE + FAULT_EFLAGS]
        mov     [esi + 4], ax
        mov     ax, [ebx * 4]
        mov     [ss:ebp + ABOVE + FAULT_EIP], ax
        mov     ax, [ebx * 4 + 2]
        mov     [ss:ebp + ABOVE + FAULT_CS], ax
        pop     ebp
        pop     esi
        pop     ecx
        pop     ebx
        pop     eax
        add     esp, 4
        iretd
.end:
        mov     ax, SEL_DATA
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     eax, [ss:ebp + ABOVE + FAULT_EIP]
        mov     [ended_at], eax
        mov     eax, cr0
        and     al, 0FEh
        mov     cr0, eax
        jmp     far [real_way]
back_in_real_mode:
        mov     ax, cs
        mov     ds, ax
        mov     ss, ax
        movzx   esp, word [real_sp]
        lidt    [real_idt]
        mov     al, [masks]
        out     21h, al
        mov     al, [masks + 1]
        out     0A1h, al
        pop     es
        pop     ds
        popfd
        ret

section .data
        align 8
gdt:            dq 0
                dw 0FFFFh, 0, 9A00h, 0          ; code, 16 bits
                dw 0FFFFh, 0, 9200h, 0          ; data, 64 KiB
                dw TSS_BYTES - 1, 0, 8900h, 0
                dw 0FFFFh, 0, 9200h, 8Fh        ; data, 4 GiB below which real mode's segments lie
gdt_end:
gdt_register:   dw gdt_end - gdt - 1
                dd 0
idt:            times GP + 1 dw fault, SEL_CODE, 8E00h, 0
idt_end:
idt_register:   dw idt_end - idt - 1
                dd 0
real_way:       dw back_in_real_mode, 0
entry_carry:    dw 0
allocated_code: dw 0
freed_code:     dw 0

section .bss
        alignb 4
tss:            resb TSS_BYTES
ended_at:       resd 1
real_idt:       resb 6
real_sp:        resw 1
masks:          resb 2
free_before:    resw 1
block:          resw 1
seen_1687:      resw 1
seen_cx:        resw 1
allocated:      resw 1
freed:          resw 1
                resb 512
monitor_stack_top:
section .text
