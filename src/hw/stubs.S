// One stub per vector. Stack at a stub: what the CPU pushed. A stub leaves the vector (no error code) or the error code in the
// frame's `error`. `vector_stubs` has their addresses, in the order of their numbers.

// Masks of single bytes of EFLAGS: byte 2 in V86 mode, byte 1 without IF (and TF), byte 0 without CF; and IF's number.
    .set IN_V86, {VIRTUAL} >> 16
    .set NO_IF, 0xFF & ~({INTERRUPT} >> 8)
    .set NO_IF_TF, NO_IF & ~({TRAP} >> 8)
    .set NO_CARRY, 0xFF & ~{CARRY}
    .set INTERRUPT_BIT, {INTERRUPT_BIT}

    .section .text.entry.0, "ax"

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
