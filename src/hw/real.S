// The core's other doors: real mode and back, and the wait of a guest in HLT.

    .section .text.entry.2, "ax"

// Real mode and back. In: EBX=linear address of ResidentInfo, IF=0, our CR3, GDT and IDT loaded.
    .globl real_entry
real_entry:
    mov eax, {CORE_DATA}
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov esp, offset {WORK_STACK} + {WORK_BYTES}
    xor eax, eax
    mov fs, eax
    mov gs, eax
    lldt ax
    cld
    push ebx
    call {core_real}
    test eax, eax
    jnz exit_current
    jmp fword ptr [{LEAVE}]

// The last client is gone: the root slot's registers go to the real-mode frame.
go_dormant:
    cmp eax, {IDLE}
    je idle
    call {core_dormant}
    jmp fword ptr [{LEAVE}]

// ---------------------------------------------------------------------------------------------------------------
// The guest in the current slot has executed HLT with interrupts on: the only time that ring 0 takes interrupts. They
// come through a table of their own, whose gates drop what the CPU pushed (on the work stack, which is empty) and go on as
// if the IRQ had come while the guest ran behind its HLT. STI takes effect behind HLT's beginning, so none is missed.
idle:
    lidt [{IDLE_POINTER}]
1:  sti
    hlt
    jmp 1b

    .macro idle_irq number
    .balign 16
    mov eax, \number
    jmp idle_over
    .endm

    .balign 16
    .globl idle_stubs
idle_stubs:
    .set n, 0x08
    .rept 8
    idle_irq %n
    .set n, n + 1
    .endr
    .set n, 0x70
    .rept 8
    idle_irq %n
    .set n, n + 1
    .endr
    .balign 16
    cmp dword ptr [esp], offset idle_stubs
    jb idle_nmi
    iretd                               // an IRQ is on its way already

idle_over:
    mov edx, {IRQ}
1:  lidt [{IDT_POINTER}]
    mov ebx, ss:[{SLOTS} + {CURRENT}]
    lea esp, [ebx + {SLOTS} + {gs}]
    jmp enter_core

// An NMI ends the waiting as well: an interrupt in V86 mode, an exception of a client's.
idle_nmi:
    mov eax, 2
    mov edx, {IRQ}
    mov ebx, ss:[{SLOTS} + {CURRENT}]
    test byte ptr ss:[ebx + {SLOTS} + {eflags} + 2], 2
    jnz 1b
    and dword ptr ss:[ebx + {SLOTS} + {error}], 0
    mov edx, {EXCEPTION}
    jmp 1b
