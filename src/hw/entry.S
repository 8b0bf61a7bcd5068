// The crossing between guests and the core, ring 3 and V86 to ring 0 and back.
//
// Machine facts that everything here relies on:
//   * ESP0 points to the end of the current slot's register frame, so the CPU's pushes and ours fill that slot
//     (src/monitor/slots.rs has the layout; no digit here names a field, the constants come from Rust).
//   * Ring 0 runs with IF=0, but for one instruction in `take_interrupt` (xms.S). SS in ring 0 is flat, so `ss:` and ESP-based operands reach everything before DS is loaded.
//   * EIP of a frame stands at a multiple of 128: after an interrupt without error code ESP is such a multiple.
//   * Coming from V86 mode the CPU has saved and nulled DS, ES, FS and GS.
//
// The head of the image, which the stub reads from the file.

    .section .header, "a"
    .globl core_header
core_header:
    .long {MAGIC}, {FINGERPRINT}
    .long __image_file_bytes
    .long __image_memory_bytes
    .long real_entry
    .long xms_entry
    .word {GDT_LIMIT}
    .long {GDT}
    .word {IDT_LIMIT}
    .long {IDT}
    .fill 7, 4, 0

// Where the code lies matters to DOSBox-X, which works off a list of the ring-0 pages in use at each change of rings (docs/decisions,
// 0015): `.text.entry.0` fills the first page with what nearly every crossing runs, `.1` is the rest of the quick ways, `.2` all
// else.
    .section .text.entry.0, "ax"

// The assembler's Intel syntax takes PUSH and POP of a segment register as 16 bits wide: so, by their bytes.
    .macro push_segments
    .byte 0x1E, 0x06, 0x0F, 0xA0, 0x0F, 0xA8    // push ds, es, fs, gs
    .endm
    .macro pop_gs
    .byte 0x0F, 0xA9
    .endm
    .macro pop_fs
    .byte 0x0F, 0xA1
    .endm
    .macro pop_es
    .byte 0x07
    .endm
    .macro pop_ds
    .byte 0x1F
    .endm

// ---------------------------------------------------------------------------------------------------------------
// INT n and IRQs in V86 mode, reflected to the IVT in place, as the CPU does in real mode: about 35 instructions.
// `\slow`: where a vector goes that the core handles. Stack: error=vector | EIP CS EFLAGS ESP SS ES DS FS GS.

    .macro reflect slow
    pushad
    mov ebx, [esp + {error} - {edi}]
    bt ss:[{MONITOR} + {HOOKED}], ebx
    jc \slow
    mov ecx, [esp + {esp} - {edi}]
    cmp cx, 6                           // the push would wrap: let Rust do it
    jb \slow
    sub cx, 6
    mov [esp + {esp} - {edi}], ecx
    movzx ecx, cx
    mov eax, [esp + {ss} - {edi}]
    movzx eax, ax
    shl eax, 4
    add eax, ecx
    mov ecx, [esp + {eip} - {edi}]
    mov ss:[eax], cx
    mov ecx, [esp + {cs} - {edi}]
    mov ss:[eax + 2], cx
    mov ecx, [esp + {eflags} - {edi}]
    mov ss:[eax + 4], cx
    and ch, NO_IF_TF                        // IF and TF
    mov [esp + {eflags} - {edi}], ecx
    mov eax, ss:[ebx * 4]
    movzx ecx, ax
    mov [esp + {eip} - {edi}], ecx
    shr eax, 16
    mov [esp + {cs} - {edi}], eax
    popad
    add esp, 4
    iretd
    .endm

    .balign 16
software_common:
    test byte ptr [esp + {eflags} - {error} + 2], IN_V86
    jz software_from_client
    reflect v86_software_slow
v86_software_slow:
    cmp ebx, {USER_TICK}
    je hooked_tick
v86_software_rust:
    mov eax, ebx
    mov edx, {SOFTWARE}
    sub esp, {edi} - {gs}
    jmp enter_core

    .balign 16
irq_common:
    test byte ptr [esp + {eflags} - {error} + 2], IN_V86
    jz irq_from_client
    reflect hooked_irq
v86_irq_rust:
    mov eax, ebx
    mov edx, {IRQ}
    sub esp, {edi} - {gs}
    jmp enter_core

// EAX=vector; the general registers are in the frame.
    .balign 16
exception_common:
    mov edx, {EXCEPTION}
    test byte ptr [esp + {eflags} - {edi} + 2], IN_V86
    jnz 1f
    test byte ptr [esp + {cs} - {edi}], 3
    jz fault_in_core
    push_segments
    jmp enter_core
1:  sub esp, {edi} - {gs}

// The current slot is complete. EAX=vector, EDX=kind.
    .balign 16
enter_core:
    mov ecx, {CORE_DATA}
    mov ds, ecx
    mov es, ecx
    cld
    mov ebx, esp
    sub ebx, offset {SLOTS} + {gs}
    mov [{SLOTS} + {CURRENT}], ebx
    mov esp, offset {WORK_STACK} + {WORK_BYTES}
    push edx
    push eax
    call {core_interrupt}
    test eax, eax
    jnz go_dormant

// Resumes the guest in the current slot. Nothing but the slot is used.
    .balign 16
    .globl exit_current
exit_current:
    mov eax, ss:[{SLOTS} + {CURRENT}]
    lea esp, [eax + {SLOTS} + {gs}]
// The same for the slot that ESP points to (its `gs`).
exit_slot:
    test byte ptr [esp + {eflags} - {gs} + 2], IN_V86
    jnz exit_v86
// The same where the slot is known to be a client's and ESP points to it. DS may be anything.
exit_client:
    lea eax, [esp + {v_es} - {gs}]
    mov ss:[{TSS} + 4], eax
// The same where ESP0 names that slot already.
exit_same:
    lar ecx, [esp + {ss} - {gs}]
    jnz exit_wide                       // not a selector at all: the IRET will say so
    test ecx, 1 << 22
    jz exit_narrow
exit_wide:
fix_gs: pop_gs
fix_fs: pop_fs
fix_es: pop_es
fix_ds: pop_ds
    popad
    add esp, 4
fix_iret:
    iretd

exit_v86:
    lea eax, [esp + {V86_END} - {gs}]
    mov ss:[{TSS} + 4], eax
    add esp, {edi} - {gs}
    popad
    add esp, 4
    iretd

// A 16-bit stack: IRET leaves the upper half of ESP as ring 0 had it. So the last IRET runs on an alias of this
// stack whose ESP has the client's upper half (base = linear - ESP).
exit_narrow:
    lea eax, [esp + {eip} - {gs}]
    mov ecx, [esp + {esp} - {gs}]
    and ecx, 0xFFFF0000
    movzx edx, ax
    or ecx, edx
    mov ss:[{ESPFIX}], ecx
    sub eax, ecx
    mov ss:[{GDT} + {SEL_ESPFIX} + 2], ax
    shr eax, 16
    mov ss:[{GDT} + {SEL_ESPFIX} + 4], al
    mov ss:[{GDT} + {SEL_ESPFIX} + 7], ah
fix_gs2: pop_gs
fix_fs2: pop_fs
fix_es2: pop_es
fix_ds2: pop_ds
    popad
    lss esp, ss:[{ESPFIX}]
fix_iret2:
    iretd
