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

// ---------------------------------------------------------------------------------------------------------------
// One stub per vector. Stack at a stub: what the CPU pushed. A stub leaves the vector (no error code) or the error code in the
// frame's `error`. `vector_stubs` has their addresses, in the order of their numbers.

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

    .altmacro
// A row for the stub that follows.
    .macro stub_here
    .pushsection .rodata.stubs, "a"
    .long 9f
    .popsection
9:
    .endm

    .macro software number              // INT n, DPL 3
    .if \number >= 0x80                 // few programs have such
    .pushsection .text.entry.2, "ax"
    stub_here
    push \number
    jmp software_common
    .popsection
    .else
    stub_here
    push \number
    jmp software_common
    .endif
    .endm

    .macro exception number             // an exception without error code
    stub_here
    push 0
    pushad
    mov eax, \number
    jmp exception_common
    .endm

    .macro exception_direct number      // the same, only ever a client's
    stub_here
    push 0
    pushad
    mov ebx, \number
    jmp exception_fast
    .endm

    .macro irq number                   // a vector of the PIC that no exception shares
    stub_here
    push \number
    jmp irq_common
    .endm

    .macro shared number                // IRQ, or an exception with an error code
    stub_here
    test esp, 127
    jnz 1f
    push \number
    jmp irq_common
1:  pushad
    mov eax, \number
    jmp exception_common
    .endm

    .macro shared_direct number         // the same, the exception only ever a client's or the exit's
    stub_here
    test esp, 127
    jnz 1f
    push \number
    jmp irq_common
1:  pushad
    mov ebx, \number
    jmp exception_fast
    .endm

    .pushsection .rodata.stubs, "a"
    .balign 4
    .globl vector_stubs
vector_stubs:
    .popsection
    exception 0
    exception 1
    stub_here
    push 2
    jmp nmi
    exception_direct 3
    exception_direct 4
    exception 5
    exception_direct 6
    exception_direct 7
    // IRQ 0's gate leads here, or `RUST_HAS_RUN` bytes on where all translations are to be forgotten first (tables.rs).
    .balign {RUST_HAS_RUN} * 2
    shared 8
    .balign {RUST_HAS_RUN}
    test esp, 127
    jnz 1b
    push eax
    and byte ptr ss:[{IDT} + {TICK} * 8], ~{RUST_HAS_RUN}
    mov eax, cr3
    mov cr3, eax
    pop eax
    push {TICK}
    jmp irq_common
    irq 9
    shared_direct 10
    shared_direct 11
    shared_direct 12
    shared 13
    stub_here
    test esp, 127
    jnz page_fault
    push 14
    jmp irq_common
    irq 15
    .set n, 16
    .rept 0x31 - 16
    software %n
    .set n, n + 1
    .endr
    stub_here
    jmp int31_entry
    .set n, 0x32
    .rept 0x70 - 0x32
    software %n
    .set n, n + 1
    .endr
    .rept 8
    irq %n
    .set n, n + 1
    .endr
    .rept {TRAP_VECTOR} - 0x78
    software %n
    .set n, n + 1
    .endr
    stub_here
    push {TRAP_VECTOR}
    jmp trap_entry
    stub_here
    jmp landing_entry
    .set n, {TRAP_VECTOR} + 2
    .rept 254 - {TRAP_VECTOR}
    software %n
    .set n, n + 1
    .endr

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
    and ch, 0xFC                        // IF and TF
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
    test byte ptr [esp + {eflags} - {error} + 2], 2
    jz software_from_client
    reflect v86_software_slow
v86_software_slow:
    mov eax, ebx
    mov edx, {SOFTWARE}
    sub esp, {edi} - {gs}
    jmp enter_core

    .balign 16
irq_common:
    test byte ptr [esp + {eflags} - {error} + 2], 2
    jz irq_from_client
    reflect v86_irq_slow
v86_irq_slow:
    mov eax, ebx
    mov edx, {IRQ}
    sub esp, {edi} - {gs}
    jmp enter_core

// EAX=vector; the general registers are in the frame.
    .balign 16
exception_common:
    mov edx, {EXCEPTION}
    test byte ptr [esp + {eflags} - {edi} + 2], 2
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
    test byte ptr [esp + {eflags} - {gs} + 2], 2
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

    .section .text.entry.2, "ax"

// For V86 code an NMI is an interrupt like another, for a client an exception. The CPU may take one in ring 0 too, where nothing
// can be done with it.
nmi:
    test byte ptr [esp + {eflags} - {error} + 2], 2
    jnz irq_common
    test byte ptr [esp + {cs} - {error}], 3
    jz 1f
    and dword ptr [esp], 0
    pushad
    mov eax, 2
    jmp exception_common
1:  add esp, 4
    iretd

// A page fault. One in a client that only wants its page is dealt with by the shortest way.
page_fault:
    pushad
    mov eax, 14
    test byte ptr [esp + {eflags} - {edi} + 2], 2
    jnz exception_common
    test byte ptr [esp + {cs} - {edi}], 3
    jz fault_in_core
    push_segments
    mov ecx, {CORE_DATA}
    mov ds, ecx
    mov es, ecx
    cld
    mov ebx, esp
    mov esp, offset {WORK_STACK} + {WORK_BYTES}
    push [ebx + {error} - {gs}]
    call {core_page_fault}
    mov esp, ebx
    test eax, eax
    jnz exit_client
    mov eax, 14
    mov edx, {EXCEPTION}
    jmp enter_core

// ---------------------------------------------------------------------------------------------------------------
// A fault in ring 0. At the exit's own instructions it is the guest's fault: a selector that it freed or shrank while
// it was saved in a slot. Anywhere else it is ours.
// Stack: pushad | error | EIP CS EFLAGS. EAX=vector.
fault_in_core:
    cmp eax, 1                          // a watchpoint of a client's on what we copy for it: DR6 remembers
    je 1f
    mov ecx, [esp + {eip} - {edi}]
    mov ebp, cs:[{TSS} + 4]             // the slot that was being resumed: the exit has set ESP0. SS may be an alias.
    dec ebp
    and ebp, -256
    lea edx, [ebp + {gs}]
    cmp ecx, offset fix_gs
    je null_segment
    cmp ecx, offset fix_gs2
    je null_segment
    lea edx, [ebp + {fs}]
    cmp ecx, offset fix_fs
    je null_segment
    cmp ecx, offset fix_fs2
    je null_segment
    lea edx, [ebp + {es}]
    cmp ecx, offset fix_es
    je null_segment
    cmp ecx, offset fix_es2
    je null_segment
    lea edx, [ebp + {ds}]
    cmp ecx, offset fix_ds
    je null_segment
    cmp ecx, offset fix_ds2
    je null_segment
    cmp ecx, offset fix_iret
    je iret_fault
    cmp ecx, offset fix_iret2
    je iret_fault
    cmp ecx, offset fix_iret3
    je iret_fault
    cmp ecx, offset fix_iret4
    je iret_fault
    cmp ecx, offset fix_iret5
    je iret_fault
    mov ecx, {CORE_DATA}
    mov ds, ecx
    mov es, ecx
    mov edx, esp
    mov ss, ecx
    mov esp, offset {WORK_STACK} + {WORK_BYTES}
    push edx
    push eax
    call {core_fault}

1:  popad
    add esp, 4
    iretd

// A data segment register that cannot be loaded becomes null, and the exit starts again; the pushes of the
// fault went below the frame.
null_segment:
    mov dword ptr ss:[edx], 0
    lea esp, [ebp + {gs}]
    jmp exit_client

// IRET could not load CS or SS (or EIP is beyond the limit): the guest's own fault, at the address it was to go on at. The
// general registers are those just pushed, the segment registers still loaded; both go back to the slot, whose
// upper part the CPU left alone. ESP may be the alias's: SS is made flat again first.
iret_fault:
    mov ebx, eax
    mov edx, [esp + {error} - {edi}]
    mov ecx, {CORE_DATA}
    mov ss, ecx
    lea esp, [ebp + {gs}]
    // the pushes lie 12 bytes below their fields: EIP's field less four words (flags, CS, EIP, error), less PUSHAD
    lea esi, [ebp + {edi} - 12]
    .irp at, 28, 24, 20, 16, 12, 8, 4, 0
    mov ecx, ss:[esi + \at]
    mov ss:[esi + 12 + \at], ecx
    .endr
    mov ss:[ebp + {error}], edx
    mov ss:[ebp + {ds}], ds
    mov ss:[ebp + {es}], es
    mov ss:[ebp + {fs}], fs
    mov ss:[ebp + {gs}], gs
    mov eax, ebx
    mov edx, {EXCEPTION}
    jmp enter_core

// ---------------------------------------------------------------------------------------------------------------
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
    jmp 1b                              // an NMI

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
    iretd                               // NMI

idle_over:
    lidt [{IDT_POINTER}]
    mov ebx, ss:[{SLOTS} + {CURRENT}]
    lea esp, [ebx + {SLOTS} + {gs}]
    mov edx, {IRQ}
    jmp enter_core
