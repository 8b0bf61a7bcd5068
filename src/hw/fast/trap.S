// Back from real mode: the trap sites of the resident part. A call that returns, a callback, a raw switch.

    .section .text.entry.0, "ax"
// ---------------------------------------------------------------------------------------------------------------
// The trap INT: the resident part's sites in V86 mode, the landing page in ring 3.
    .balign 16
trap_entry:
    test byte ptr [esp + {eflags} - {error} + 2], IN_V86
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
    pass_flags_down
    popad
    sub esp, NEXT
    pushad
    sub esp, {edi} - {gs}
    jmp exit_client
land_structure:
    mov esi, [ebp + {data}]
    structure_unchanged trap_v86_slow
    close_slot
    .irp at, {S_EDI}, {S_ESI}, {S_EBP}, {S_EBX}, {S_EDX}, {S_ECX}, {S_EAX}
    mov eax, [ebp + {edi} + \at]
    mov ss:[esi + \at], eax
    .endr
    mov eax, [ebp + {eflags}]
    mov ss:[esi + {S_FLAGS}], ax
    store_segments
    and byte ptr [ebp - NEXT + {eflags}], NO_CARRY
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
    .irp at, {S_EDI}, {S_ESI}, {S_EBP}, {S_EBX}, {S_EDX}, {S_ECX}, {S_EAX}
    mov eax, [ebp + {edi} + \at]
    mov ss:[esi + \at], eax
    .if \at != {S_EDI} && \at != {S_ESI}
    mov [ebp + NEXT + {edi} + \at], eax
    .endif
    .endr
    mov dword ptr ss:[esi + {S_ESP}], 0
    mov eax, [ebp + {eflags}]
    mov ss:[esi + {S_FLAGS}], ax
    and eax, ~{VIRTUAL}
    mov ss:[edx + 8], eax
    store_segments
    mov eax, [ebp + {eip}]
    sub eax, 2
    mov ss:[esi + {S_IP}], ax
    mov eax, [ebp + {cs}]
    mov ss:[esi + {S_CS}], ax
    movzx eax, word ptr [ebp + {esp}]
    mov ss:[esi + {S_SP}], ax
    mov [ebp + NEXT + {esi}], eax
    mov ecx, [ebp + {ss}]
    mov ss:[esi + {S_SS}], cx
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
