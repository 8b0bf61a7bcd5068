// The hot crossings. Each does what the Rust of src/monitor does for the common case, and leaves every other case to
// it before it has changed anything: a label `..._slow` is that way out. What is common: the current client, a 32-bit one
// where a protected-mode stack frame is built, a structure within one page that is present.
//
// Registers while here: EBP the current slot, EDI the current client, SS flat; DS and ES are the guest's, so every
// operand that is not on EBP or ESP says `ss:`. ESP lies in the current slot throughout.

// Bits of a client's flags that it may choose, and those that a handler starts without.
    .set GUEST_FLAGS, {GUEST_FLAGS}
    .set HANDLER_FLAGS, {GUEST_FLAGS} & ~0x700
    .set V86_FLAGS, 0x23002
    .set NEXT, 256

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

// Opens the next slot for V86 code on the client's real-mode stack, with `bytes` for the return frame. Out: ECX linear
// address of the return frame, where the RETURN site's address stands. Clobbers EAX, EDX.
    .macro open_real bytes, slow
    cmp ebp, offset {SLOTS} + {LAST_SLOT}
    jae \slow
    mov ecx, ss:[edi + {H_REAL}]
    cmp cx, 64
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
    jne \slow
2:  mov [ebp + NEXT + {locked_esp}], edx
    mov [ebp + NEXT + {real_stack}], ecx
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

// Reflects vector EBX of the current client to real mode, registers passed through.
    .macro reflect_client kind, slow
    open_real 6, \slow
    name_landing \kind
    mov eax, [ebp + {eflags}]
    and eax, GUEST_FLAGS
    or eax, V86_FLAGS
    .if \kind == {F_INTERRUPTED}
    and ah, 0xFC                        // its IRET lands with interrupts off, lest the next one come before
    mov ss:[ecx + 4], ax
    .else
    mov ss:[ecx + 4], ax
    and ah, 0xFC
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
    and eax, 0xFFF8
    add eax, ss:[{FAST} + {F_LDT}]
    mov edx, ss:[eax + 4]
    mov eax, ss:[eax + 2]
    and edx, 0xFF000000
    and eax, 0x00FFFFFF
    add esi, eax
    add esi, edx
    structure_present 6f
    mov ss:[{FAST} + {F_KNOWN_LINEAR}], esi
    jmp 9f
6:  mov dword ptr ss:[{FAST} + {F_KNOWN_SELECTOR}], 0
    jmp \slow
8:  mov esi, ss:[{FAST} + {F_KNOWN_LINEAR}]
9:
    .endm

// Is the structure at ESI present and writable? Clobbers EAX, EDX.
    .macro structure_present slow
    lea eax, [esi + {STRUCTURE} - 1]
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

// Room on the locked stack of the client for `bytes`, and the next slot's stack. A 16-bit client never has room
// (H_LOCKED_LOW). Out: EDX linear address of the new top. `from_v86` 1: the current slot is V86 code. Clobbers EAX, ECX.
    .macro open_locked bytes, from_v86, slow
    cmp ebp, offset {SLOTS} + {LAST_SLOT}
    jae \slow
    mov ecx, ss:[edi + {H_LOCKED_ESP}]
    mov edx, ss:[edi + {H_LOCKED_SELECTOR}]
    .if \from_v86 == 0
    movzx eax, word ptr [ebp + {ss}]
    cmp eax, edx
    jne 3f
    mov [ebp + NEXT + {locked_esp}], ecx
    cmp [ebp + {esp}], ecx
    jae 4f
    mov ecx, [ebp + {esp}]
    jmp 4f
3:  cmp dword ptr ss:[edi + {H_LOCKED_DEPTH}], 0
    jne \slow
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

    .section .text.entry.1, "ax"
// ---------------------------------------------------------------------------------------------------------------
// INT 31h. Stack: EIP CS EFLAGS ESP SS.
    .balign 16
int31_entry:
    cmp ah, 3
    je int31_common
    cmp ax, 0x0400
    je get_version
    cmp ah, 0x09
    je virtual_interrupts
int31_common:
    push 0x31
    test byte ptr [esp + {eflags} - {error} + 2], 2
    jnz software_common
    pushad
    push_segments
    lea ebp, [esp - {gs}]
    mov edi, ss:[{FAST} + {F_CLIENT}]
    movzx ecx, ax
    sub ecx, 0x0300
    cmp word ptr ss:[edi + {VECTORS} + 0x31 * 8 + 4], 0
    jne int31_slow
    cmp ecx, 2
    ja service
    cmp word ptr [ebp + {ecx}], 0
    jne service

// 0300h to 0302h, no words to copy, the host's stack. ECX=0, 1, 2.
    mov ebx, ecx
    movzx eax, word ptr [ebp + {es}]
    mov esi, [ebp + {edi}]
    cmp dword ptr ss:[edi + {H_WIDE}], 0
    jne 1f
    movzx esi, si
1:  structure_address simulate_slow
    cmp dword ptr ss:[esi + 0x2E], 0
    jne simulate_slow
    movzx eax, byte ptr ss:[edi + {CALL_NEXT}]
    inc byte ptr ss:[edi + {CALL_NEXT}]
    and eax, 7
    lea edx, [ebx + 0x310300]
    mov ss:[edi + eax * 4 + {CALLS}], edx
    cmp ebx, 1
    je simulate_far
    open_real 6, service_noted
    movzx eax, word ptr ss:[esi + 0x20]
    and eax, GUEST_FLAGS & ~0x100
    or eax, V86_FLAGS
    mov ss:[ecx + 4], ax
    and ah, 0xFD
    mov [ebp + NEXT + {eflags}], eax
    mov eax, ss:[esi + 0x2A]
    cmp ebx, 2
    je simulate_go
    movzx eax, byte ptr [ebp + {ebx}]
    mov eax, ss:[eax * 4]
    jmp simulate_go
simulate_far:
    open_real 4, service_noted
    movzx eax, word ptr ss:[esi + 0x20]
    and eax, GUEST_FLAGS & ~0x100
    or eax, V86_FLAGS
    mov [ebp + NEXT + {eflags}], eax
    mov eax, ss:[esi + 0x2A]
simulate_go:
    set_real_target
    name_landing {F_STRUCTURE}
    mov [ebp + NEXT + {data}], esi
    mov eax, ss:[{FAST} + {F_GENERATION}]
    mov [ebp + NEXT + {generation}], eax
    movzx eax, word ptr ss:[esi + 0x22]
    mov [ebp + NEXT + {v_es}], eax
    movzx eax, word ptr ss:[esi + 0x24]
    mov [ebp + NEXT + {v_ds}], eax
    movzx eax, word ptr ss:[esi + 0x26]
    mov [ebp + NEXT + {v_fs}], eax
    movzx eax, word ptr ss:[esi + 0x28]
    mov [ebp + NEXT + {v_gs}], eax
    enter_v86
    lea esp, [ebp + NEXT + {eip}]
    mov edi, ss:[esi]
    mov ebp, ss:[esi + 0x08]
    mov ebx, ss:[esi + 0x10]
    mov edx, ss:[esi + 0x14]
    mov ecx, ss:[esi + 0x18]
    mov eax, ss:[esi + 0x1C]
    mov esi, ss:[esi + 0x04]
    iretd
simulate_slow:
    mov eax, [ebp + {eax}]
    jmp service
int31_slow:
    mov ebx, 0x31
    jmp software_slow

// Any other service, or one of these where it needs Rust: by the direct door, without asking again whose interrupt it is.
service:
    movzx ecx, byte ptr ss:[edi + {CALL_NEXT}]
    inc byte ptr ss:[edi + {CALL_NEXT}]
    and ecx, 7
    movzx eax, ax
    or eax, 0x310000
    mov ss:[edi + ecx * 4 + {CALLS}], eax
service_noted:
    mov eax, {CORE_DATA}
    mov ds, eax
    mov es, eax
    cld
    mov eax, ebp
    sub eax, offset {SLOTS}
    mov [{SLOTS} + {CURRENT}], eax
    mov esp, offset {WORK_STACK} + {WORK_BYTES}
    call {core_service}
    test eax, eax
    jnz 1f
    lea esp, [ebp + {gs}]
    jmp exit_same
1:  dec eax
    jz exit_current
    jmp go_dormant

// A service that touches registers and flags alone: is the guest a client without an INT 31h handler, on a 32-bit stack?
    .macro guard_registers slow
    test byte ptr [esp + {eflags} - {eip} + 2], 2
    jnz int31_common
    push eax
    mov eax, ss:[{FAST} + {F_CLIENT}]
    cmp word ptr ss:[eax + {VECTORS} + 0x31 * 8 + 4], 0
    jne \slow
    lar eax, [esp + {ss} - {eip} + 4]
    test eax, 1 << 22
    pop eax
    jz int31_common
    .endm

get_version:
    guard_registers registers_slow
    mov ax, ss:[{FAST} + {F_VERSION}]
    mov bx, ss:[{FAST} + {F_VERSION} + 4]
    mov cl, ss:[{FAST} + {F_VERSION} + 8]
    mov dx, 0x0870
    and byte ptr [esp + {eflags} - {eip}], 0xFE
    iretd
registers_slow:
    pop eax
    jmp int31_common

// 0900h to 0902h: AL is the state before, AH stays.
virtual_interrupts:
    cmp al, 2
    ja int31_common
    test byte ptr ss:[{FAST} + {F_CLIENT_FLAGS} + 1], {IOPL_BITS}
    jz int31_common
    guard_registers registers_slow
    push ecx
    mov cl, al
    bt dword ptr [esp + {eflags} - {eip} + 4], 9
    setc al
    cmp cl, 1
    ja 2f
    je 1f
    and dword ptr [esp + {eflags} - {eip} + 4], ~0x200
    jmp 2f
1:  or dword ptr [esp + {eflags} - {eip} + 4], 0x200
2:  pop ecx
    and byte ptr [esp + {eflags} - {eip}], 0xFE
    iretd

    .section .text.entry.0, "ax"
// ---------------------------------------------------------------------------------------------------------------
// INT n of a client that it has no handler for and that nothing translates.
    .balign 16
software_from_client:
    pushad
    push_segments
    lea ebp, [esp - {gs}]
    mov ebx, [ebp + {error}]
    mov edi, ss:[{FAST} + {F_CLIENT}]
    bt ss:[direct_vectors], ebx
    jnc perhaps_dos
direct_vector:
    cmp word ptr ss:[edi + ebx * 8 + {VECTORS} + 4], 0
    jne software_slow
    reflect_client {F_REFLECTED}, software_slow
// INT 21h with a function that takes and gives no pointer is like any other vector.
perhaps_dos:
    cmp ebx, 0x21
    jne software_slow
    movzx ecx, byte ptr [ebp + {eax} + 1]
    bt ss:[{PLAIN_DOS}], ecx
    jc direct_vector
software_slow:
    mov eax, ebx
    mov edx, {SOFTWARE}
    jmp enter_core

// Vectors that Rust need not see, one bit each: all but 0 to 7 (exceptions' numbers), the DOS extension's (10h, 13h, 15h,
// 20h, 21h, 25h to 27h, 2Fh, 33h), the host's own (31h, 41h), the trap (F8h) and the landing page's (F9h).
    .section .hot.data, "aw"
    .balign 4
direct_vectors:
    .long 0xFFD6FF00, 0xFFF57F1C, 0xFFFFFFFD, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFCFFFFFF
    .section .text.entry.0, "ax"

// ---------------------------------------------------------------------------------------------------------------
// An IRQ while a client ran. Its segment registers stay in the CPU while its own handler runs, which has to
// keep them: the slot's are filled only where another way is taken (and by `unwind` where the handler never came back
// by this one). Such a slot is marked in `locked`.
    .balign 16
irq_from_client:
    enter_general
    mov ebx, [ebp + {error}]
    mov edi, ss:[{FAST} + {F_CLIENT}]
    lea esi, [edi + ebx * 8 + {VECTORS}]
    cmp word ptr ss:[esi + 4], 0
    je irq_elsewhere
    open_locked 12, 0, irq_slow
    name_landing {F_INTERRUPT}
    mov dword ptr ss:[edx], {INTERRUPT_RETURN}
    mov dword ptr ss:[edx + 4], {LANDING32}
    mov eax, [ebp + {eflags}]
    and ah, 0xFD                        // or the next interrupt would come before this one has landed
    mov ss:[edx + 8], eax
handler_go:
    enter_handler
    lea eax, [ebp + NEXT + {v_es}]
    mov ss:[{TSS} + 4], eax
    popad
    add esp, NEXT + {eip} - {error}
fix_iret3:
    iretd
irq_slow:
    push_segments
    mov eax, ebx
    mov edx, {IRQ}
    jmp enter_core
irq_elsewhere:
    bt ss:[{MONITOR} + {HOOKED}], ebx
    jc irq_slow
    push_segments
    reflect_client {F_INTERRUPTED}, irq_saved
irq_saved:
    mov eax, ebx
    mov edx, {IRQ}
    jmp enter_core

// An exception that only the client can have caused. EBX=vector; the general registers are saved. As for IRQs, segment
// registers stay in the CPU.
    .balign 16
exception_fast:
    test byte ptr [esp + {eflags} - {edi} + 2], 2
    jnz exception_rare
    test byte ptr [esp + {cs} - {edi}], 3
    jz exception_rare
    lea ebp, [esp - {edi}]
    mov edi, ss:[{FAST} + {F_CLIENT}]
    lea esi, [edi + ebx * 8 + {EXCEPTIONS}]
    cmp word ptr ss:[esi + 4], 0
    je exception_rare
    open_locked 32, 0, exception_rare
    name_landing {F_EXCEPTION}
    // the frame, by pushes: each is one instruction and needs no prefix
    lea esp, [edx + 32]
    push dword ptr [ebp + {ss}]
    push dword ptr [ebp + {esp}]
    mov eax, [ebp + {eflags}]
    and eax, ~0x10000
    push eax
    push dword ptr [ebp + {cs}]
    push dword ptr [ebp + {eip}]
    push dword ptr [ebp + {error}]
    push {LANDING32}
    push {EXCEPTION_RETURN}
    lea esp, [ebp + {edi}]
    jmp handler_go
exception_rare:
    mov eax, ebx
    jmp exception_common

// ---------------------------------------------------------------------------------------------------------------
// The trap INT: the resident part's sites in V86 mode, the landing page in ring 3.
    .balign 16
trap_entry:
    test byte ptr [esp + {eflags} - {error} + 2], 2
    jz software_from_client
    enter_general
    mov eax, [ebp + {cs}]
    shl eax, 16
    mov ax, [ebp + {eip}]
    cmp eax, ss:[{FAST} + {F_RETURN_AFTER}]
    jne trap_not_return

// Real-mode code has come back.
    mov eax, [ebp + {ss}]
    shl eax, 16
    mov ax, [ebp + {esp}]
    cmp eax, [ebp + {expected}]
    jne trap_v86_slow
    mov eax, [ebp + {landing}]
    and eax, 0xFF00FFFF                 // all but the vector
    mov edi, ss:[{FAST} + {F_CLIENT}]
    cmp eax, ss:[{FAST} + {F_STRUCTURE}]
    je land_structure
    cmp eax, ss:[{FAST} + {F_REFLECTED}]
    je land_reflected
    cmp eax, ss:[{FAST} + {F_INTERRUPTED}]
    jne trap_v86_slow
    close_slot
    lea esp, [ebp - NEXT + {gs}]
    jmp exit_slot
land_reflected:
    close_slot
    mov eax, [ebp - NEXT + {eflags}]
    mov ecx, [ebp + {eflags}]
    and eax, ~{ARITHMETIC}
    and ecx, {ARITHMETIC}
    or eax, ecx
    mov [ebp - NEXT + {eflags}], eax
    popad
    sub esp, NEXT
    pushad
    sub esp, {edi} - {gs}
    jmp exit_client
land_structure:
    mov esi, [ebp + {data}]
    structure_unchanged trap_v86_slow
    close_slot
    .irp at, 0, 4, 8, 16, 20, 24, 28
    mov eax, [ebp + {edi} + \at]
    mov ss:[esi + \at], eax
    .endr
    mov eax, [ebp + {eflags}]
    mov ss:[esi + 0x20], ax
    mov eax, [ebp + {v_es}]
    mov ss:[esi + 0x22], ax
    mov eax, [ebp + {v_ds}]
    mov ss:[esi + 0x24], ax
    mov eax, [ebp + {v_fs}]
    mov ss:[esi + 0x26], ax
    mov eax, [ebp + {v_gs}]
    mov ss:[esi + 0x28], ax
    and byte ptr [ebp - NEXT + {eflags}], 0xFE
    lea esp, [ebp - NEXT + {gs}]
    jmp exit_client

trap_v86_slow:
    mov eax, {TRAP_VECTOR}
    mov edx, {SOFTWARE}
    lea esp, [ebp + {gs}]
    jmp enter_core

    .section .text.entry.1, "ax"
// EAX=CS:IP.
trap_not_return:
    cmp eax, ss:[{FAST} + {F_XMS_AFTER}]
    je trap_xms
    cmp eax, ss:[{FAST} + {F_XMS_AGAIN_AFTER}]
    je trap_xms_again
    cmp eax, ss:[{FAST} + {F_RAW_AFTER}]
    je raw_to_protected
    movzx ecx, word ptr [ebp + {cs}]
    movzx eax, ax
    mov edx, ecx
    shl edx, 4
    add eax, edx
    cmp eax, ss:[{FAST} + {F_CALLBACK_AFTER}]
    jne trap_v86_slow

// A callback: its number is the distance of CS from the resident segment.
    mov eax, ss:[{FAST} + {F_RESIDENT_SEGMENT}]
    sub eax, ecx
    cmp eax, ss:[{FAST} + {F_CALLBACK_COUNT}]
    jae trap_v86_slow
    imul eax, eax, {CALLBACK_BYTES}
    add eax, ss:[{FAST} + {F_CALLBACKS}]
    mov ebx, eax
    cmp byte ptr ss:[ebx + {C_KIND}], 1
    jne trap_v86_slow
    movzx eax, byte ptr ss:[ebx + {C_CLIENT}]
    cmp eax, ss:[{FAST} + {F_CURRENT}]
    jne trap_v86_slow
    mov edi, ss:[{FAST} + {F_CLIENT}]
    movzx eax, word ptr ss:[ebx + {C_STRUCTURE} + 4]
    mov [ebp + NEXT + {es}], eax
    mov esi, ss:[ebx + {C_STRUCTURE}]
    mov [ebp + NEXT + {edi}], esi
    mov [ebp + NEXT + {given_selector}], eax
    mov [ebp + NEXT + {given_offset}], esi
    mov edx, ss:[{FAST} + {F_GENERATION}]
    mov [ebp + NEXT + {generation}], edx
    cmp edx, ss:[ebx + {C_KNOWN_GENERATION}]
    je 1f
    structure_address trap_v86_slow
    mov ss:[ebx + {C_KNOWN_LINEAR}], esi
    mov eax, ss:[{FAST} + {F_GENERATION}]
    mov ss:[ebx + {C_KNOWN_GENERATION}], eax
1:  mov esi, ss:[ebx + {C_KNOWN_LINEAR}]
    mov [ebp + NEXT + {data}], esi
    open_locked 12, 1, trap_v86_slow
    .irp at, 0, 4, 8, 16, 20, 24, 28
    mov eax, [ebp + {edi} + \at]
    mov ss:[esi + \at], eax
    .if \at != 0 && \at != 4
    mov [ebp + NEXT + {edi} + \at], eax
    .endif
    .endr
    mov dword ptr ss:[esi + 12], 0
    mov eax, [ebp + {eflags}]
    mov ss:[esi + 0x20], ax
    and eax, 0xFFFDFFFF
    mov ss:[edx + 8], eax
    mov eax, [ebp + {v_es}]
    mov ss:[esi + 0x22], ax
    mov eax, [ebp + {v_ds}]
    mov ss:[esi + 0x24], ax
    mov eax, [ebp + {v_fs}]
    mov ss:[esi + 0x26], ax
    mov eax, [ebp + {v_gs}]
    mov ss:[esi + 0x28], ax
    mov eax, [ebp + {eip}]
    sub eax, 2
    mov ss:[esi + 0x2A], ax
    mov eax, [ebp + {cs}]
    mov ss:[esi + 0x2C], ax
    movzx eax, word ptr [ebp + {esp}]
    mov ss:[esi + 0x2E], ax
    mov [ebp + NEXT + {esi}], eax
    mov ecx, [ebp + {ss}]
    mov ss:[esi + 0x30], cx
    shl ecx, 16
    or eax, ecx
    mov ss:[edi + {H_REAL}], eax
    mov dword ptr ss:[edx], {CALLBACK_RETURN}
    mov dword ptr ss:[edx + 4], {LANDING32}
    // the alias selector over the caller's stack
    movzx edx, word ptr ss:[edi + {ALIAS}]
    mov [ebp + NEXT + {ds}], edx
    and edx, 0xFFF8
    add edx, ss:[{FAST} + {F_LDT}]
    mov eax, ss:[edx + 2]
    and eax, 0xFFFFFF
    mov [ebp + NEXT + {alias_base}], eax
    shr ecx, 12
    mov ss:[edx + 2], cx
    shr ecx, 16
    mov ss:[edx + 4], cl
    xor eax, eax
    mov [ebp + NEXT + {fs}], eax
    mov [ebp + NEXT + {gs}], eax
    lea esi, [ebx + {C_PROCEDURE}]
    xor ebx, ebx
    name_landing {F_CALLBACK}
    mov eax, [ebp + {eflags}]
    enter_handler
    lea esp, [ebp + NEXT + {gs}]
    jmp exit_client

// 0306h from V86 code.
raw_to_protected:
    mov edi, ss:[{FAST} + {F_CLIENT}]
    cmp dword ptr ss:[edi + {H_WIDE}], 0
    je trap_v86_slow
    // On the client's own real-mode stack: see `keep_real_stack`.
    mov ax, ss:[edi + {H_REAL} + 2]
    cmp ax, [ebp + {ss}]
    je trap_v86_slow
    movzx eax, word ptr [ebp + {eax}]
    mov [ebp + {ds}], eax
    movzx eax, word ptr [ebp + {ecx}]
    mov [ebp + {es}], eax
    mov dword ptr [ebp + {fs}], 0
    mov dword ptr [ebp + {gs}], 0
    movzx eax, word ptr [ebp + {edx}]
    mov [ebp + {ss}], eax
    mov eax, [ebp + {ebx}]
    mov [ebp + {esp}], eax
    movzx eax, word ptr [ebp + {esi}]
    mov [ebp + {cs}], eax
    mov eax, [ebp + {edi}]
    mov [ebp + {eip}], eax
    mov eax, [ebp + {eflags}]
    and eax, GUEST_FLAGS
    or eax, ss:[{FAST} + {F_CLIENT_FLAGS}]
    mov [ebp + {eflags}], eax
    lea esp, [ebp + {gs}]
    jmp exit_client

    .section .text.entry.0, "ax"
// The landing page. Stack: EIP CS EFLAGS ESP SS, nothing pushed yet.
    .balign 16
landing_entry:
    cmp word ptr [esp + {cs} - {eip}], {LANDING32}
    jne landing_rare
    cmp dword ptr [esp], {INTERRUPT_RETURN} + 2
    jne landing_other
    cmp word ptr [esp + {landing} - {eip}], {L_INTERRUPT_FAST}
    jne landing_rare

// A hardware interrupt handler has executed IRET (V86 code has no such slot: `raw_to_real` sees to that): the slot below goes on, with the segment registers as they are.
    mov edi, ss:[{FAST} + {F_CLIENT}]
    mov eax, [esp + {locked_esp} - {eip}]
    mov ss:[edi + {H_LOCKED_ESP}], eax
    dec dword ptr ss:[edi + {H_LOCKED_DEPTH}]
    lar eax, [esp + {ss} - {eip} - NEXT]
    jnz 1f
    test eax, 1 << 22
    jz landed_narrow
1:  lea eax, [esp + {v_es} - {eip} - NEXT]
    mov ss:[{TSS} + 4], eax
    lea esp, [eax + {edi} - {v_es}]
    popad
    add esp, 4
fix_iret4:
    iretd
// A 16-bit stack below: the common exit deals with it, for which the slot must be whole.
landed_narrow:
    sub esp, NEXT + {eip} - {edi}
    push_segments
    jmp exit_client

landing_rare:
    push {LANDING_VECTOR}
    jmp software_common
landing_other:
    test byte ptr [esp + {eflags} - {eip} + 2], 2
    jnz landing_rare
    cmp dword ptr [esp], {EXCEPTION_RETURN} + 2
    je land_exception
    cmp dword ptr [esp], {CALLBACK_RETURN} + 2
    je land_callback
    cmp dword ptr [esp], {RAW_SWITCH} + 2
    jne landing_rare
    push {LANDING_VECTOR}

// 0306h from protected mode.
    enter_general
    test byte ptr [ebp + {locked}], 2
    jnz landing_slow
    test byte ptr ss:[{FAST} + {F_CLIENT_FLAGS} + 1], {IOPL_BITS}
    jz landing_slow
    movzx eax, ax
    mov [ebp + {v_ds}], eax
    movzx ecx, cx
    mov [ebp + {v_es}], ecx
    xor eax, eax
    mov [ebp + {v_fs}], eax
    mov [ebp + {v_gs}], eax
    movzx edx, dx
    mov [ebp + {ss}], edx
    movzx ebx, bx
    mov [ebp + {esp}], ebx
    movzx esi, si
    mov [ebp + {cs}], esi
    movzx edi, di
    mov [ebp + {eip}], edi
    mov eax, [ebp + {eflags}]
    and eax, GUEST_FLAGS
    or eax, V86_FLAGS
    mov [ebp + {eflags}], eax
    lea eax, [ebp + {V86_END}]
    mov ss:[{TSS} + 4], eax
    popad
    add esp, 4
    iretd

landing_slow:
    push_segments
    mov eax, {LANDING_VECTOR}
    mov edx, {SOFTWARE}
    jmp enter_core

// An exception handler has executed RETF; on its stack: error code, EIP, CS, EFLAGS, ESP, SS.
land_exception:
    push {LANDING_VECTOR}
    enter_general
    cmp word ptr [ebp + {landing}], {L_EXCEPTION_FAST}
    jne landing_slow
    mov edi, ss:[{FAST} + {F_CLIENT}]
    movzx eax, word ptr [ebp + {ss}]
    cmp eax, ss:[edi + {H_LOCKED_SELECTOR}]
    jne landing_slow
    mov edx, [ebp + {esp}]
    cmp edx, {LOCKED_BYTES} - 24
    ja landing_slow
    add edx, ss:[edi + {H_LOCKED_BASE}]
    lea esp, [edx + 4]                  // pops, as above
    pop dword ptr [ebp - NEXT + {eip}]
    pop eax
    movzx eax, ax
    mov [ebp - NEXT + {cs}], eax
    pop eax
    and eax, GUEST_FLAGS
    or eax, ss:[{FAST} + {F_CLIENT_FLAGS}]
    mov [ebp - NEXT + {eflags}], eax
    pop dword ptr [ebp - NEXT + {esp}]
    pop eax
    movzx eax, ax
    mov [ebp - NEXT + {ss}], eax
    lea esp, [ebp + {edi}]
    lar eax, eax
    jnz 1f
    test eax, 1 << 22
    jz landing_narrow
1:  dec dword ptr ss:[edi + {H_LOCKED_DEPTH}]
    mov eax, [ebp + {locked_esp}]
    mov ss:[edi + {H_LOCKED_ESP}], eax
    lea eax, [ebp - NEXT + {v_es}]
    mov ss:[{TSS} + 4], eax
    popad
    sub esp, NEXT - ({eip} - {error})
fix_iret5:
    iretd
landing_narrow:
    dec dword ptr ss:[edi + {H_LOCKED_DEPTH}]
    mov eax, [ebp + {locked_esp}]
    mov ss:[edi + {H_LOCKED_ESP}], eax
    popad
    sub esp, NEXT
    pushad
    push_segments
    jmp exit_client

    .section .text.entry.1, "ax"
// A callback's procedure has executed IRET; its ES:EDI names the structure.
land_callback:
    push {LANDING_VECTOR}
    enter_general
    cmp word ptr [ebp + {landing}], {L_CALLBACK_FAST}
    jne landing_slow
    mov esi, edi
    mov edi, ss:[{FAST} + {F_CLIENT}]
    cmp dword ptr ss:[edi + {H_WIDE}], 0
    je landing_slow
    xor eax, eax
    mov ax, es
    cmp eax, [ebp + {given_selector}]
    jne 1f
    cmp esi, [ebp + {given_offset}]
    jne 1f
    mov edx, [ebp + {generation}]
    cmp edx, ss:[{FAST} + {F_GENERATION}]
    jne 1f
    mov esi, [ebp + {data}]
    jmp 2f
1:  structure_address landing_slow
2:  dec dword ptr ss:[edi + {H_LOCKED_DEPTH}]
    close_slot
    movzx edx, word ptr ss:[edi + {ALIAS}]
    and edx, 0xFFF8
    add edx, ss:[{FAST} + {F_LDT}]
    mov eax, [ebp + {alias_base}]
    mov ss:[edx + 2], ax
    shr eax, 16
    mov ss:[edx + 4], al
    .irp at, 0, 4, 8, 16, 20, 24, 28
    mov eax, ss:[esi + \at]
    mov [ebp - NEXT + {edi} + \at], eax
    .endr
    movzx eax, word ptr ss:[esi + 0x20]
    and eax, GUEST_FLAGS
    or eax, V86_FLAGS
    mov [ebp - NEXT + {eflags}], eax
    movzx eax, word ptr ss:[esi + 0x22]
    mov [ebp - NEXT + {v_es}], eax
    movzx eax, word ptr ss:[esi + 0x24]
    mov [ebp - NEXT + {v_ds}], eax
    movzx eax, word ptr ss:[esi + 0x26]
    mov [ebp - NEXT + {v_fs}], eax
    movzx eax, word ptr ss:[esi + 0x28]
    mov [ebp - NEXT + {v_gs}], eax
    movzx eax, word ptr ss:[esi + 0x2A]
    mov [ebp - NEXT + {eip}], eax
    movzx eax, word ptr ss:[esi + 0x2C]
    mov [ebp - NEXT + {cs}], eax
    movzx eax, word ptr ss:[esi + 0x2E]
    mov [ebp - NEXT + {esp}], eax
    movzx eax, word ptr ss:[esi + 0x30]
    mov [ebp - NEXT + {ss}], eax
    lea esp, [ebp - NEXT + {gs}]
    jmp exit_v86
