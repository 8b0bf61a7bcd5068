// Back from protected mode: the sites of the landing page. A handler or callback that returns, a raw switch.

    .section .text.entry.0, "ax"
// The landing page. Stack: EIP CS EFLAGS ESP SS, nothing pushed yet.
    .balign 16
landing_entry:
    cmp word ptr [esp + {cs} - {eip}], {LANDING32}
    jne landing_rare
    cmp dword ptr [esp], {INTERRUPT_RETURN} + 2
    jne landing_other
    cmp word ptr [esp + {landing} - {eip}], {L_INTERRUPT_FAST}
    jne landing_hooked

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
    test byte ptr [esp + {eflags} - {eip} + 2], IN_V86
    jnz landing_rare
    cmp dword ptr [esp], {EXCEPTION_RETURN} + 2
    je land_exception
    cmp dword ptr [esp], {CALLBACK_RETURN} + 2
    je land_callback
    cmp dword ptr [esp], {RAW_SWITCH} + 2
    jne landing_chained
    push {LANDING_VECTOR}

// 0306h from protected mode.
    enter_general
    test byte ptr [ebp + {locked}], {QUICK}
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
    cmp edx, ss:[edi + {H_LOCKED_HIGH}]
    jae landing_slow
    cmp edx, ss:[edi + {H_LOCKED_FLOOR}]
    jb landing_slow
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
// The handler of an interrupt that V86 code has issued: its general registers and arithmetic flags are what that code gets.
landing_hooked:
    push {LANDING_VECTOR}
    enter_general
    mov eax, [ebp + {landing}]
    and eax, 0xFF00FFFF                 // all but the vector
    cmp eax, ss:[{FAST} + {F_HOOKED}]
    jne landing_irq
    cmp byte ptr [ebp + {vector}], {USER_TICK}
    jne landing_slow
    close_over_v86 landing_slow
    pass_flags_down
    lea eax, [ebp - NEXT + {V86_END}]
    mov ss:[{TSS} + 4], eax
    popad
    sub esp, NEXT - ({eip} - {error})
    iretd

// That of an IRQ which came while V86 code ran, if that was so: the slot below goes on as it was.
landing_irq:
    cmp eax, ss:[{FAST} + {F_INTERRUPT_V86}]
    jne landing_slow
    close_over_v86 landing_slow
    lea esp, [ebp - NEXT + {gs}]
    jmp exit_v86

// A client's handler has chained to the default one (0204h's answer): as if the INT had found no handler. Site 2n is vector
// n's; what needs a look at its registers is Rust's.
landing_chained:
    cmp dword ptr [esp], {EXCEPTIONS_SITE}
    ja landing_rare
    push {LANDING_VECTOR}
    pushad
    push_segments
    lea ebp, [esp - {gs}]
    mov edi, ss:[{FAST} + {F_CLIENT}]
    cmp dword ptr ss:[edi + {H_WIDE}], 0
    je chained_slow
    test byte ptr ss:[{FAST} + {F_CLIENT_FLAGS} + 1], {IOPL_BITS}
    jz chained_slow
    mov ebx, [ebp + {eip}]
    shr ebx, 1
    dec ebx
    own_stack chained_slow
    cmp ebx, 0x31
    je chained_service
    mov eax, ebx
    and al, 0xF8
    cmp al, 0x08
    je chained_irq
    cmp al, 0x70
    je chained_irq
    bt ss:[{DIRECT_VECTORS}], ebx
    jnc chained_slow
    reflect_client {F_REFLECTED}, chained_slow, 1
chained_irq:
    cmp dword ptr ss:[{FAST} + {F_INTERRUPT_V86}], {NEVER}
    je chained_slow
    reflect_client {F_INTERRUPTED}, chained_slow, 1
chained_service:
    pop_frame
    mov eax, [ebp + {eax}]
    movzx ecx, ax
    sub ecx, 0x0300
    jmp int31_unhandled
chained_slow:
    mov eax, {LANDING_VECTOR}
    mov edx, {SOFTWARE}
    jmp enter_core

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
    .irp at, {S_EDI}, {S_ESI}, {S_EBP}, {S_EBX}, {S_EDX}, {S_ECX}, {S_EAX}
    mov eax, ss:[esi + \at]
    mov [ebp - NEXT + {edi} + \at], eax
    .endr
    movzx eax, word ptr ss:[esi + {S_FLAGS}]
    and eax, GUEST_FLAGS
    or eax, V86_FLAGS
    mov [ebp - NEXT + {eflags}], eax
    load_segments -NEXT
    movzx eax, word ptr ss:[esi + {S_IP}]
    mov [ebp - NEXT + {eip}], eax
    movzx eax, word ptr ss:[esi + {S_CS}]
    mov [ebp - NEXT + {cs}], eax
    movzx eax, word ptr ss:[esi + {S_SP}]
    mov [ebp - NEXT + {esp}], eax
    movzx eax, word ptr ss:[esi + {S_SS}]
    mov [ebp - NEXT + {ss}], eax
    lea esp, [ebp - NEXT + {gs}]
    jmp exit_v86
