// Exceptions that are not simply a client's: NMIs, page faults, and faults in ring 0.

    .section .text.entry.2, "ax"

// For V86 code an NMI is an interrupt like another, for a client an exception. The CPU may take one in ring 0 too, where nothing
// can be done with it.
nmi:
    test byte ptr [esp + {eflags} - {error} + 2], IN_V86
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
    test byte ptr [esp + {eflags} - {edi} + 2], IN_V86
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
    and ebp, -{SLOT_BYTES}
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
    cmp ecx, offset fix_iret6
    je iret_fault
    cmp ecx, offset fix_iret7
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

// A data segment register that cannot be loaded becomes null, and the exit starts again. The fault's pushes overwrote the
// fields below it, which had been popped: those registers are loaded, and are put back from there.
// EDX=address of the field, EBP=the slot.
null_segment:
    mov dword ptr ss:[edx], 0
    lea esp, [ebp + {gs}]
    sub edx, esp
    jz exit_client
    mov ecx, gs
    mov ss:[ebp + {gs}], ecx
    cmp edx, {fs} - {gs}
    je exit_client
    mov ecx, fs
    mov ss:[ebp + {fs}], ecx
    cmp edx, {es} - {gs}
    je exit_client
    mov ecx, es
    mov ss:[ebp + {es}], ecx
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
