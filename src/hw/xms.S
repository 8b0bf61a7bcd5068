// Calls of the XMS driver: its own ways in and out, in both states, and what is answered without Rust.
//
// Active, a call is the trap of its site: EBP is the current slot, SS is flat. Dormant, it is a crossing that leaves the
// caller's 16-bit stack in SS: EBP is such that [EBP + field], which SS relates to, is the register that PUSHAD has left
// there. So both states share the code, apart from the segment (`seg`) that is flat, and from the way out.
//
// A row of `xms_rows_...` belongs to a function that has a short way. As in fast.S, that changes nothing before it knows
// that the case is its own; any other goes on at `xms_general_...`, where Rust answers.

    .macro xms_dispatch seg, state
    movzx ecx, byte ptr [ebp + {eax} + 1]
    jmp \seg:[xms_rows_\state + ecx * 4]
    .endm

// One row for each value of AH.
    .section .rodata.xms, "a"
    .balign 4
    .irp state, active, dormant
xms_rows_\state:
    .rept 0x07
    .long xms_general_\state
    .endr
    .long xms_query_a20_\state         // 07h
    .long xms_general_\state           // 08h
    .long xms_allocate_\state          // 09h
    .long xms_free_\state              // 0Ah
    .long xms_move_\state              // 0Bh
    .long xms_lock_\state              // 0Ch
    .long xms_unlock_\state            // 0Dh
    .rept 256 - 0x0E
    .long xms_general_\state
    .endr
    .endr
    .balign 4
    .word 0
window_idt:
    .word {IDT_LIMIT}
    .long {WINDOW_IDT}
    .section .text.entry.2, "ax"

// ECX=the block that DX names. Clobbers EDX.
    .macro xms_block seg, slow
    movzx edx, word ptr [ebp + {edx}]
    mov ecx, edx
    and ecx, {INDEX_MASK}
    cmp ecx, \seg:[{FAST} + {F_BLOCK_COUNT}]
    jae \slow
    shl ecx, {BLOCK_SHIFT}
    add ecx, \seg:[{FAST} + {F_BLOCKS}]
    cmp \seg:[ecx + {B_HANDLE}], dx
    jne \slow
    .endm

// 0Ch, for a block that lies in one piece, is not being worked on and has fewer than 255 locks.
    .macro xms_lock seg, slow
    xms_block \seg, \slow
    cmp word ptr \seg:[ecx + {B_LOCKS}], 255
    jae \slow
    mov eax, \seg:[ecx + {B_BASE}]
    cmp eax, {SCATTERED}
    je \slow
    inc byte ptr \seg:[ecx + {B_LOCKS}]
    mov dword ptr \seg:[{MONITOR} + {WINDOW_FOR}], {NO_WINDOW}
    shl eax, 10
    mov [ebp + {ebx}], ax
    shr eax, 16
    mov [ebp + {edx}], ax
    mov word ptr [ebp + {eax}], 1
    .endm

// 0Dh, for a block that is locked.
    .macro xms_unlock seg, slow
    xms_block \seg, \slow
    cmp byte ptr \seg:[ecx + {B_LOCKS}], 0
    je \slow
    dec byte ptr \seg:[ecx + {B_LOCKS}]
    mov dword ptr \seg:[{MONITOR} + {WINDOW_FOR}], {NO_WINDOW}
    mov byte ptr [ebp + {ebx}], 0
    mov word ptr [ebp + {eax}], 1
    .endm

// ---------------------------------------------------------------------------------------------------------------
// Active. EBP=ESP-{edi}, the current slot; the general registers are saved.

    .macro xms_answered_active
    add dword ptr [ebp + {eip}], {XMS_RETURN} - 2
    popad
    add esp, 4
    iretd
    .endm

    .balign 16
trap_xms:
    xms_dispatch ss, active
xms_lock_active:
    xms_lock ss, xms_general_active
    xms_answered_active
xms_unlock_active:
    xms_unlock ss, xms_general_active
    xms_answered_active

// 07h. DOSBox-X's DOS asks this on each INT 21h from V86 code, where it lies in the HMA.
xms_query_a20_active:
    movzx ecx, byte ptr ss:[{MONITOR} + {A20}]
    mov [ebp + {eax}], cx
    mov byte ptr [ebp + {ebx}], 0
    xms_answered_active

    .macro xms_to_rust
    mov ecx, {CORE_DATA}
    mov ds, ecx
    mov es, ecx
    cld
    mov esp, offset {WORK_STACK} + {WORK_BYTES}
    .endm

    .macro xms_simple_active function
    xms_to_rust
    lea eax, [ebp + {edi}]
    push eax
    call \function
    lea esp, [ebp + {edi}]
    test eax, eax
    jz xms_general_active
    xms_answered_active
    .endm

xms_allocate_active:
    xms_simple_active {core_xms_allocate}
xms_free_active:
    xms_simple_active {core_xms_free}
xms_move_active:
    xms_to_rust
    lea eax, [ebp + {gs}]
    push eax
    call {core_xms_move}
    lea esp, [ebp + {edi}]
    dec eax
    jnz 1f
    xms_answered_active
1:  inc eax
    jz xms_general_active
    jmp xms_take

trap_xms_again:
    mov edx, 1
    jmp 1f
xms_general_active:
    xor edx, edx
1:  mov ecx, {CORE_DATA}
    mov ds, ecx
    mov es, ecx
    cld
    mov ecx, ebp
    sub ecx, offset {SLOTS}
    mov [{SLOTS} + {CURRENT}], ecx
    mov esp, offset {WORK_STACK} + {WORK_BYTES}
    push edx
    call {core_xms}
    lea esp, [ebp + {edi}]
    test eax, eax
    jnz 1f
    popad
    add esp, 4
    iretd
// An interrupt came in between: the slot stands where the call goes on, and takes it there.
1:
xms_take:
    mov edx, {IRQ}
    lea esp, [ebp + {gs}]
    jmp enter_core

// ---------------------------------------------------------------------------------------------------------------
// Dormant (realmode/xmscall.asm). SS=the caller's, 16 bits wide, XmsCall (layout.rs) on it; IF=0, our CR3, GDT and IDT loaded.

    .macro xms_answered_dormant
    mov eax, {RESIDENT_DATA}
    mov ds, eax
    jmp fword ptr cs:[{XMS_LEAVE}]
    .endm

    .balign 16
xms_entry:
    mov eax, {CORE_DATA}
    mov ds, eax
    movzx ebp, sp
    cmp ebp, 0x10000 - {XMS_CALL_BYTES}
    ja xms_wrapped
    sub ebp, {edi}
    xms_dispatch ds, dormant
xms_lock_dormant:
    xms_lock ds, xms_general_dormant
    xms_answered_dormant
xms_unlock_dormant:
    xms_unlock ds, xms_general_dormant
    xms_answered_dormant
// 07h. Where the line is off the call does not come this way.
xms_query_a20_dormant:
    mov word ptr [ebp + {eax}], 1
    mov byte ptr [ebp + {ebx}], 0
    xms_answered_dormant

// Makes SS flat. Out: EBX=linear address of XmsCall.
    .macro xms_flat_stack
    mov ecx, {CORE_DATA}
    mov es, ecx
    mov eax, ss
    shl eax, 4
    lea ebx, [eax + ebp + {edi}]
    mov ss, ecx
    mov esp, offset {WORK_STACK} + {WORK_BYTES}
    .endm

    .macro xms_simple_dormant function
    xms_flat_stack
    push ebx
    call \function
    test eax, eax
    jz 1f
    mov eax, {RESIDENT_DATA}
    mov es, eax
    mov ss, eax
    xms_answered_dormant
    .endm

xms_allocate_dormant:
    xms_simple_dormant {core_xms_allocate}
xms_free_dormant:
    xms_simple_dormant {core_xms_free}
xms_move_dormant:
    xms_flat_stack
    push ebx
    call {core_xms_move_real}
    cmp eax, 1
    jne 1f
    mov eax, {RESIDENT_DATA}
    mov es, eax
    mov ss, eax
    xms_answered_dormant

// By way of the frame and the exit of every other crossing.
xms_general_dormant:
    xms_flat_stack
    xor eax, eax
1:  push eax
    mov eax, gs
    push eax
    mov eax, fs
    push eax
    push ebx
    call {core_xms_real}
    jmp fword ptr [{LEAVE}]

// XmsCall goes round the end of the caller's stack segment. A copy serves, as that way out takes everything from the frame.
xms_wrapped:
    mov ecx, {CORE_DATA}
    mov es, ecx
    mov eax, ss
    shl eax, 4
    mov ss, ecx
    mov esp, offset {WORK_STACK} + {WORK_BYTES} - {XMS_CALL_BYTES}
    mov edi, esp
    mov ecx, {XMS_CALL_BYTES} / 4
2:  movzx esi, bp
    mov edx, [eax + esi]
    mov [edi], edx
    add edi, 4
    add ebp, 4
    loop 2b
    mov ebx, esp
    xor eax, eax
    jmp 1b

// ---------------------------------------------------------------------------------------------------------------
// extern "C" fn take_interrupt() -> u32: if a hardware interrupt waits, acknowledges it and returns its vector; else 0.
// Interrupts are on for one instruction, with gates that do nothing but say which it was.
    .balign 16
    .globl take_interrupt
take_interrupt:
    lidt [window_idt]
    sti
    nop
    cli
    lidt [{IDT_POINTER}]
    xor eax, eax
    ret

// One stub for each vector, 8 bytes each. Stack: address behind the stub's CALL | EIP CS EFLAGS | return address.
    .balign 8
    .globl window_stubs
window_stubs:
    .rept 256
    call window_taken
    .balign 8
    .endr
window_taken:
    pop eax
    sub eax, offset window_stubs + 5
    shr eax, 3
    add esp, 12
    lidt [{IDT_POINTER}]
    ret
