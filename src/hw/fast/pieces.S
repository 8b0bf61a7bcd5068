// The hot crossings. Each does what the Rust of src/monitor does for the common case, and leaves every other case to
// it before it has changed anything: a label `..._slow` is that way out. What is common: the current client, a 32-bit one
// where a protected-mode stack frame is built, a structure within one page that is present.
//
// Registers while here: EBP the current slot, EDI the current client, SS flat; DS and ES are the guest's, so every
// operand that is not on EBP or ESP says `ss:`. ESP lies in the current slot throughout.
//
// Here are the pieces that they are made of. int31.S: calls of INT 31h; deliver.S: a client's interrupts and exceptions, to
// its handler or to real mode; trap.S: what comes back from real mode; landing.S: what comes back from protected mode.

// Bits of a client's flags that it may choose, and those that a handler starts without.
    .set GUEST_FLAGS, {GUEST_FLAGS}
    .set HANDLER_FLAGS, {GUEST_FLAGS} & ~({TRAP} | {INTERRUPT} | {DIRECTION})
// What flags of V86 code always have.
    .set V86_FLAGS, {VIRTUAL} | {IOPL} | {ALWAYS}
// From a slot to the next.
    .set NEXT, {SLOT_BYTES}
// Of a stack segment's access rights: 32 bits wide; code or data, which way it grows, writable. SDM vol. 3, 3.4.5.
    .set STACK_KIND, 1 << 22 | 0b11110 << 8
    .set STACK_UPWARD, 1 << 22 | 0b10010 << 8
    .set STACK_NARROW, 0b10010 << 8

// ---------------------------------------------------------------------------------------------------------------
// Pieces.

// The slot's GP area is saved and EBP set. In: ESP behind PUSHAD.
    .macro enter_general
    pushad
    lea ebp, [esp - {edi}]
    .endm

// Fills the landing words of the next slot: those of the kind are kept ready, the vector is in BL. Clobbers EAX.
    .macro name_landing kind
    mov eax, ss:[{FAST} + \kind]
    mov [ebp + NEXT + {landing}], eax
    mov [ebp + NEXT + {vector}], bl
    .endm

// The same for a handler ended by IRET, and where that leads: to the return frame at EDX, whose flags are still to come.
// Clobbers EAX.
    .macro name_return kind
    name_landing \kind
    mov dword ptr ss:[edx], {INTERRUPT_RETURN}
    mov dword ptr ss:[edx + 4], {LANDING32}
    .endm

// Opens the next slot for V86 code on the client's real-mode stack, with `bytes` for the return frame; `given` 1: on the stack that the
// structure at ESI names. Out: ECX linear address of the return frame, where the RETURN site's address stands. Clobbers EAX, EDX.
    .macro open_real bytes, slow, given=0
    cmp ebp, offset {SLOTS} + {LAST_SLOT}
    jae \slow
    .if \given
    mov ecx, ss:[esi + {S_SP}]
    cmp cx, \bytes
    .else
    mov ecx, ss:[edi + {H_REAL}]
    cmp cx, {REAL_RESERVE}
    .endif
    jb \slow
    mov edx, ss:[edi + {H_LOCKED_ESP}]
    movzx eax, word ptr [ebp + {ss}]
    cmp eax, ss:[edi + {H_LOCKED_SELECTOR}]
    jne 1f
    mov eax, [ebp + {esp}]
    cmp eax, edx
    jae 2f
    mov ss:[edi + {H_LOCKED_ESP}], eax
    jmp 2f
1:  cmp dword ptr ss:[edi + {H_LOCKED_DEPTH}], 0
    je 2f
    mov eax, edx                        // a handler that has left that stack for one of its own
    sub eax, {LOCKED_MARGIN}
    jb \slow
    mov ss:[edi + {H_LOCKED_ESP}], eax
2:  mov [ebp + NEXT + {locked_esp}], edx
    .if \given
    mov eax, ss:[edi + {H_REAL}]
    mov [ebp + NEXT + {real_stack}], eax
    .else
    mov [ebp + NEXT + {real_stack}], ecx
    .endif
    mov [ebp + NEXT + {expected}], ecx
    movzx edx, cx
    shr ecx, 16
    sub edx, \bytes
    mov [ebp + NEXT + {ss}], ecx
    mov [ebp + NEXT + {esp}], edx
    shl ecx, 4
    add ecx, edx
    mov eax, ss:[{FAST} + {F_RETURN_SITE}]
    mov ss:[ecx], eax
    .endm

// CS:IP of the next slot from EAX (CS in the high half). Clobbers EDX.
    .macro set_real_target
    movzx edx, ax
    mov [ebp + NEXT + {eip}], edx
    shr eax, 16
    mov [ebp + NEXT + {cs}], eax
    .endm

// Makes the next slot, a V86 one, current. Clobbers EAX.
    .macro enter_v86
    lea eax, [ebp + NEXT + {V86_END}]
    mov ss:[{TSS} + 4], eax
    .endm

// Reflects vector EBX of the current client to real mode, registers passed through. `chained` 1: the interrupt's frame, which
// `own_stack` has found, is taken from the client's stack first.
    .macro reflect_client kind, slow, chained=0
    open_real 6, \slow
    .if \chained
    pop_frame
    .endif
    name_landing \kind
    mov eax, [ebp + {eflags}]
    and eax, GUEST_FLAGS
    or eax, V86_FLAGS
    .if \kind == {F_INTERRUPTED}
    and ah, NO_IF_TF                        // its IRET lands with interrupts off, lest the next one come before
    mov ss:[ecx + 4], ax
    .else
    mov ss:[ecx + 4], ax
    and ah, NO_IF_TF
    .endif
    mov [ebp + NEXT + {eflags}], eax
    mov eax, [ebp + NEXT + {ss}]
    mov [ebp + NEXT + {v_es}], eax
    mov [ebp + NEXT + {v_ds}], eax
    xor eax, eax
    mov [ebp + NEXT + {v_fs}], eax
    mov [ebp + NEXT + {v_gs}], eax
    mov eax, ss:[ebx * 4]
    set_real_target
    enter_v86
    lea esp, [ebp + {edi}]
    popad
    add esp, NEXT + {eip} - {error}
    iretd
    .endm

// The stacks as they were before the current slot. Clobbers ECX.
    .macro close_slot
    mov ecx, [ebp + {real_stack}]
    mov ss:[edi + {H_REAL}], ecx
    mov ecx, [ebp + {locked_esp}]
    mov ss:[edi + {H_LOCKED_ESP}], ecx
    .endm

// ESI, an offset in the segment of LDT selector EAX, becomes linear. Clobbers EAX, EDX.
    .macro add_base
    and eax, 0xFFF8
    add eax, ss:[{FAST} + {F_LDT}]
    mov edx, ss:[eax + 4]
    mov eax, ss:[eax + 2]
    and edx, 0xFF000000
    and eax, 0x00FFFFFF
    add esi, eax
    add esi, edx
    .endm

// The slot below gets the current slot's arithmetic flags. Clobbers EAX, ECX.
    .macro pass_flags_down
    mov eax, [ebp - NEXT + {eflags}]
    mov ecx, [ebp + {eflags}]
    and eax, ~{ARITHMETIC}
    and ecx, {ARITHMETIC}
    or eax, ecx
    mov [ebp - NEXT + {eflags}], eax
    .endm

// Linear address of selector EAX, offset ESI, for the 50 bytes of a register structure, in ESI; they lie in one page of the
// client's that is present and writable, or in conventional memory. What was found last is remembered until Rust code
// has run, which alone changes descriptors and pages. Clobbers EAX, EDX.
    .macro structure_address slow
    cmp eax, ss:[{FAST} + {F_KNOWN_SELECTOR}]
    jne 7f
    cmp esi, ss:[{FAST} + {F_KNOWN_OFFSET}]
    je 8f
7:  test al, 4
    jz \slow
    lsl edx, eax
    jnz \slow
    mov ss:[{FAST} + {F_KNOWN_SELECTOR}], eax
    mov ss:[{FAST} + {F_KNOWN_OFFSET}], esi
    add esi, {STRUCTURE} - 1
    jc 6f
    cmp esi, edx
    ja 6f
    sub esi, {STRUCTURE} - 1
    add_base
    structure_present 6f
    mov ss:[{FAST} + {F_KNOWN_LINEAR}], esi
    jmp 9f
6:  mov dword ptr ss:[{FAST} + {F_KNOWN_SELECTOR}], 0
    jmp \slow
8:  mov esi, ss:[{FAST} + {F_KNOWN_LINEAR}]
9:
    .endm

// The top of the current slot's stack, of a 32-bit client: in ESI the linear address 12 bytes below it. Only where these 12 bytes
// and the 12 above lie in one page that is present and writable, in a segment that grows upward. If that is a 16-bit one, ESP's lower
// half passes neither 0 nor 64 KiB there. Clobbers EAX, ECX, EDX.
    .macro own_stack slow
    movzx eax, word ptr [ebp + {ss}]
    test al, 4
    jz \slow
    lar edx, eax
    jnz \slow
    and edx, STACK_KIND
    mov ecx, [ebp + {esp}]
    cmp edx, STACK_UPWARD
    je 1f
    cmp edx, STACK_NARROW
    jne \slow
    movzx ecx, cx
    cmp ecx, 0x10000 - 12
    jae \slow
1:  lsl edx, eax
    lea esi, [ecx + 11]
    sub ecx, 12
    jb \slow
    cmp esi, ecx
    jb \slow
    cmp esi, edx
    ja \slow
    mov esi, ecx
    add_base
    cmp esi, 0x1000                     // the first page may be closed to clients
    jb \slow
    structure_present \slow, 24
    .endm

// The current slot goes on where the interrupt frame says that `own_stack` has found. Clobbers EAX.
    .macro pop_frame
    mov eax, ss:[esi + 12]
    mov [ebp + {eip}], eax
    movzx eax, word ptr ss:[esi + 16]
    mov [ebp + {cs}], eax
    mov eax, ss:[esi + 20]
    and eax, GUEST_FLAGS
    or eax, ss:[{FAST} + {F_CLIENT_FLAGS}]
    mov [ebp + {eflags}], eax
    add dword ptr [ebp + {esp}], 12
    .endm

// Are the `bytes` at ESI, a structure's, present and writable? Clobbers EAX, EDX.
    .macro structure_present slow, bytes={STRUCTURE}
    lea eax, [esi + \bytes - 1]
    cmp eax, esi
    jb \slow
    cmp eax, {LOW_END}
    jb 5f
    cmp eax, {ARENA_END}
    jae \slow
    mov edx, eax
    xor edx, esi
    shr eax, 12
    test edx, 0xFFFFF000
    jnz \slow
    mov edx, esi
    shr edx, 22
    test byte ptr ss:[{DIRECTORY} + edx * 4], 1
    jz \slow
    mov eax, ss:[{TABLES} + eax * 4]
    not eax
    test al, 7
    jnz \slow
5:
    .endm

// Is the structure at ESI still what it was when the current slot was entered? Only if Rust code has run since, must
// the pages be looked at. Clobbers EAX, EDX.
    .macro structure_unchanged slow
    mov eax, [ebp + {generation}]
    cmp eax, ss:[{FAST} + {F_GENERATION}]
    je 4f
    structure_present \slow
4:
    .endm

// The V86 segment registers of the current slot go to the structure at ESI. Clobbers EAX.
    .macro store_segments
    mov eax, [ebp + {v_es}]
    mov ss:[esi + {S_ES}], ax
    mov eax, [ebp + {v_ds}]
    mov ss:[esi + {S_DS}], ax
    mov eax, [ebp + {v_fs}]
    mov ss:[esi + {S_FS}], ax
    mov eax, [ebp + {v_gs}]
    mov ss:[esi + {S_GS}], ax
    .endm

// Those of the structure go to the slot that begins at EBP + `at`. Clobbers EAX.
    .macro load_segments at
    movzx eax, word ptr ss:[esi + {S_ES}]
    mov [ebp + \at + {v_es}], eax
    movzx eax, word ptr ss:[esi + {S_DS}]
    mov [ebp + \at + {v_ds}], eax
    movzx eax, word ptr ss:[esi + {S_FS}]
    mov [ebp + \at + {v_fs}], eax
    movzx eax, word ptr ss:[esi + {S_GS}]
    mov [ebp + \at + {v_gs}], eax
    .endm

// Room on the locked stack of the client for `bytes`, and the next slot's stack. A 16-bit client never has room
// (H_LOCKED_LOW). Out: EDX linear address of the new top. `from_v86` 1: the current slot is V86 code. `most`: fewer may be on that
// stack already, also one that has left it for a stack of its own (0: none of those). Clobbers EAX, ECX.
    .macro open_locked bytes, from_v86, slow, most=0
    cmp ebp, offset {SLOTS} + {LAST_SLOT}
    jae \slow
    mov ecx, ss:[edi + {H_LOCKED_ESP}]
    mov edx, ss:[edi + {H_LOCKED_SELECTOR}]
    .if \from_v86
    .if \most
    cmp dword ptr ss:[edi + {H_LOCKED_DEPTH}], \most
    jae \slow
    .endif
    .else
    movzx eax, word ptr [ebp + {ss}]
    cmp eax, edx
    jne 3f
    .if \most
    cmp dword ptr ss:[edi + {H_LOCKED_DEPTH}], \most
    jae \slow
    .endif
    mov [ebp + NEXT + {locked_esp}], ecx
    cmp [ebp + {esp}], ecx
    jae 4f
    mov ecx, [ebp + {esp}]
    jmp 4f
    .if \most
5:  cmp dword ptr ss:[edi + {H_LOCKED_DEPTH}], \most
    jae \slow
    mov [ebp + NEXT + {locked_esp}], ecx
    sub ecx, {LOCKED_MARGIN}
    jae 4f
    jmp \slow
    .endif
3:  cmp dword ptr ss:[edi + {H_LOCKED_DEPTH}], 0
    .if \most
    jne 5b
    .else
    jne \slow
    .endif
    .endif
    mov [ebp + NEXT + {locked_esp}], ecx
4:  sub ecx, \bytes
    cmp ecx, ss:[edi + {H_LOCKED_LOW}]
    jb \slow
    mov [ebp + NEXT + {esp}], ecx
    mov [ebp + NEXT + {ss}], edx
    .if \from_v86
    mov eax, ss:[edi + {H_REAL}]
    mov [ebp + NEXT + {real_stack}], eax
    .endif
    mov ss:[edi + {H_LOCKED_ESP}], ecx
    inc dword ptr ss:[edi + {H_LOCKED_DEPTH}]
    mov edx, ecx
    add edx, ss:[edi + {H_LOCKED_BASE}]
    .endm

// Has the current client a handler for vector EBX, which V86 code has met? (`reflect` comes here also for want of stack, and
// NMIs are nobody's.) ESP behind PUSHAD. Out: EBP, EDI, and ESI, where that handler's FarPointer stands.
    .macro handler_for_v86 kind, slow
    bt ss:[{MONITOR} + {HOOKED}], ebx
    jnc \slow
    lea ebp, [esp - {edi}]
    mov edi, ss:[{FAST} + {F_CLIENT}]
    test edi, edi
    jz \slow
    cmp dword ptr ss:[{FAST} + \kind], {NEVER}
    je \slow
    lea esi, [edi + ebx * 8 + {VECTORS}]
    cmp word ptr ss:[esi + 4], 0
    je \slow
    .endm

// Room for that handler, as `open_locked` has it; the client's real-mode stack goes on where that code's is. Out: EDX. Clobbers EAX,
// ECX.
    .macro open_over_v86 kind, slow, most=0
    open_locked 12, 1, \slow, \most
    name_return \kind
    mov dword ptr [ebp + NEXT + {expected}], 0
    movzx ecx, word ptr [ebp + {esp}]
    mov eax, [ebp + {ss}]
    shl eax, 16
    or eax, ecx
    mov ss:[edi + {H_REAL}], eax
    .endm

// The end of it: back in the slot below, if that is V86 code. Clobbers ECX and EDI.
    .macro close_over_v86 slow
    test byte ptr [ebp - NEXT + {eflags} + 2], IN_V86
    jz \slow
    mov edi, ss:[{FAST} + {F_CLIENT}]
    close_slot
    dec dword ptr ss:[edi + {H_LOCKED_DEPTH}]
    .endm

// The client's handler at ESI (a FarPointer) runs in the next slot with the flags in EAX. Clobbers EAX.
    .macro enter_handler
    and eax, HANDLER_FLAGS
    or eax, ss:[{FAST} + {F_CLIENT_FLAGS}]
    mov [ebp + NEXT + {eflags}], eax
    mov eax, ss:[esi]
    mov [ebp + NEXT + {eip}], eax
    movzx eax, word ptr ss:[esi + 4]
    mov [ebp + NEXT + {cs}], eax
    .endm
