// What reaches a client from outside its own code, or leaves it for real mode: its software interrupts, IRQs, exceptions.

    .section .text.entry.0, "ax"
// ---------------------------------------------------------------------------------------------------------------
// INT n of a client that it has a handler for, or that nothing translates.
    .balign 16
software_from_client:
    pushad
    push_segments
    lea ebp, [esp - {gs}]
    mov ebx, [ebp + {error}]
    mov edi, ss:[{FAST} + {F_CLIENT}]
    cmp word ptr ss:[edi + ebx * 8 + {VECTORS} + 4], 0
    jne own_handler
    bt ss:[{DIRECT_VECTORS}], ebx
    jnc perhaps_dos
direct_vector:
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

    .section .text.entry.1, "ax"
// Its own handler, on its own stack. Software interrupts keep IF (DPMI 0.9, 2.4), but for those that share their number with
// an exception. EBX=vector, EDI the client; the slot is whole.
own_handler:
    cmp ebx, 8
    jb software_slow
    cmp dword ptr ss:[edi + {H_WIDE}], 0
    je software_slow
    test byte ptr ss:[{FAST} + {F_CLIENT_FLAGS} + 1], {IOPL_BITS}
    jz software_slow
    own_stack software_slow
    mov eax, [ebp + {eip}]
    mov ss:[esi], eax
    movzx eax, word ptr [ebp + {cs}]
    mov ss:[esi + 4], eax
    mov eax, [ebp + {eflags}]
    mov ss:[esi + 8], eax
    and eax, ~({TRAP} | {NESTED})
    mov [ebp + {eflags}], eax
    sub dword ptr [ebp + {esp}], 12
    mov eax, ss:[edi + ebx * 8 + {VECTORS}]
    mov [ebp + {eip}], eax
    movzx eax, word ptr ss:[edi + ebx * 8 + {VECTORS} + 4]
    mov [ebp + {cs}], eax
    lea esp, [ebp + {gs}]
    jmp exit_same

// INT 1Ch by V86 code, which a client handles: on its locked stack, with the registers of that code. EBX=vector; the general
// registers are saved.
hooked_tick:
    handler_for_v86 {F_HOOKED}, v86_software_rust
    open_over_v86 {F_HOOKED}, v86_software_rust
    .irp at, {S_EDI}, {S_ESI}, {S_EBP}, {S_EBX}, {S_EDX}, {S_ECX}, {S_EAX}
    mov eax, [ebp + {edi} + \at]
    mov [ebp + NEXT + {edi} + \at], eax
    .endr
    xor eax, eax
    mov [ebp + NEXT + {ds}], eax
    mov [ebp + NEXT + {es}], eax
    mov [ebp + NEXT + {fs}], eax
    mov [ebp + NEXT + {gs}], eax
    mov eax, [ebp + {eflags}]
    and eax, ~{VIRTUAL}
    mov ss:[edx + 8], eax
    enter_handler
    lea esp, [ebp + NEXT + {gs}]
    jmp exit_client

// An IRQ while V86 code ran, which a client handles: as above, but nothing of that code's registers changes, and the general ones
// are the handler's as they are. EBX=vector; the general registers are saved.
hooked_irq:
    handler_for_v86 {F_INTERRUPT_V86}, v86_irq_rust
    open_over_v86 {F_INTERRUPT_V86}, v86_irq_rust, {TICKS_INSIDE}
    mov eax, [ebp + {eflags}]
    and eax, ~({VIRTUAL} | {INTERRUPT})  // as below
    mov ss:[edx + 8], eax
    jmp handler_go

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
    open_locked 12, 0, irq_slow, {TICKS_INSIDE}
    name_return {F_INTERRUPT}
    mov eax, [ebp + {eflags}]
    and ah, NO_IF                        // or the next interrupt would come before this one has landed
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
    test byte ptr [esp + {eflags} - {edi} + 2], IN_V86
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
    and eax, ~{RESUME}
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
