// INT 31h by a client: 0300h to 0302h, 0400h and 0900h to 0902h by themselves, all other services by a direct door to Rust.

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
    test byte ptr [esp + {eflags} - {error} + 2], IN_V86
    jnz software_common
    pushad
    push_segments
    lea ebp, [esp - {gs}]
    mov edi, ss:[{FAST} + {F_CLIENT}]
    movzx ecx, ax
    sub ecx, 0x0300
    cmp word ptr ss:[edi + {VECTORS} + 0x31 * 8 + 4], 0
    jne int31_own
int31_unhandled:
    cmp ecx, 2
    ja service
    cmp word ptr [ebp + {ecx}], 0
    jne service

// 0300h to 0302h, no words to copy. ECX=0, 1, 2.
    mov ebx, ecx
    movzx eax, word ptr [ebp + {es}]
    mov esi, [ebp + {edi}]
    cmp dword ptr ss:[edi + {H_WIDE}], 0
    jne 1f
    movzx esi, si
1:  structure_address simulate_slow
    movzx eax, byte ptr ss:[edi + {CALL_NEXT}]
    inc byte ptr ss:[edi + {CALL_NEXT}]
    and eax, 7
    lea edx, [ebx + 0x310300]
    mov ss:[edi + eax * 4 + {CALLS}], edx
    cmp ebx, 1
    je simulate_far
    cmp dword ptr ss:[esi + {S_SP}], 0
    jne simulate_given
    open_real 6, service_noted
simulate_opened:
    movzx eax, word ptr ss:[esi + {S_FLAGS}]
    and eax, GUEST_FLAGS & ~{TRAP}
    or eax, V86_FLAGS
    mov ss:[ecx + 4], ax
    and ah, NO_IF
    mov [ebp + NEXT + {eflags}], eax
    mov eax, ss:[esi + {S_IP}]
    cmp ebx, 2
    je simulate_go
    movzx eax, byte ptr [ebp + {ebx}]
    mov eax, ss:[eax * 4]
    jmp simulate_go
simulate_far:
    cmp dword ptr ss:[esi + {S_SP}], 0
    jne simulate_far_given
    open_real 4, service_noted
simulate_far_opened:
    movzx eax, word ptr ss:[esi + {S_FLAGS}]
    and eax, GUEST_FLAGS & ~{TRAP}
    or eax, V86_FLAGS
    mov [ebp + NEXT + {eflags}], eax
    mov eax, ss:[esi + {S_IP}]
simulate_go:
    set_real_target
    name_landing {F_STRUCTURE}
    mov [ebp + NEXT + {data}], esi
    mov eax, ss:[{FAST} + {F_GENERATION}]
    mov [ebp + NEXT + {generation}], eax
    load_segments NEXT
    enter_v86
    lea esp, [ebp + NEXT + {eip}]
    mov edi, ss:[esi]
    mov ebp, ss:[esi + {S_EBP}]
    mov ebx, ss:[esi + {S_EBX}]
    mov edx, ss:[esi + {S_EDX}]
    mov ecx, ss:[esi + {S_ECX}]
    mov eax, ss:[esi + {S_EAX}]
    mov esi, ss:[esi + {S_ESI}]
    iretd
simulate_given:
    open_real 6, service_noted, 1
    jmp simulate_opened
simulate_far_given:
    open_real 4, service_noted, 1
    jmp simulate_far_opened
simulate_slow:
    mov eax, [ebp + {eax}]
    jmp service
int31_own:
    mov ebx, 0x31
    jmp own_handler

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
    test byte ptr [esp + {eflags} - {eip} + 2], IN_V86
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
    mov dx, {PIC_BASES}
    and byte ptr [esp + {eflags} - {eip}], NO_CARRY
fix_iret6:                              // the INT may have been the last of its segment
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
    bt dword ptr [esp + {eflags} - {eip} + 4], INTERRUPT_BIT
    setc al
    cmp cl, 1
    ja 2f
    je 1f
    and dword ptr [esp + {eflags} - {eip} + 4], ~{INTERRUPT}
    jmp 2f
1:  or dword ptr [esp + {eflags} - {eip} + 4], {INTERRUPT}
2:  pop ecx
    and byte ptr [esp + {eflags} - {eip}], NO_CARRY
fix_iret7:
    iretd
