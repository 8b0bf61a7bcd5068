; The crossing between real mode and the core: the dormant state's only way in and out.
;
; In: `cross` saves the caller's whole state in ResidentInfo.frame, and the core starts at its entry with paging
; on. Out: the core jumps to `leave_protected`, and everything is loaded from the frame, which the core may have
; changed in any way. What a caller sees is a service that returned.
;
; Facts relied on: conventional memory is mapped one to one, so that the instruction after MOV CR0 is the next one
; in either mode; the core's GDT has the resident selectors with 64 KiB limits, byte granular, 16 bits wide (B=0),
; which real mode then keeps in the descriptor caches.

; In: frame.event set, IF=0. Stack: EFLAGS (dword) | what the caller of the event had on top.
; Out (at the core's entry): EBX=linear address of ResidentInfo, CS=SEL_CORE_CODE, CR3 ours, IF, DF, TF, NT and AC off; data
; segments hold real-mode values and SS:ESP must not be used.
cross:
        mov [cs:FRAME(ds)], ds
        push cs
        pop ds
        pop dword [FRAME(eflags)]
        mov [FRAME(sp)], sp
        mov [FRAME(ss)], ss
        mov [FRAME(es)], es
        mov [FRAME(fs)], fs
        mov [FRAME(gs)], gs
        mov [FRAME(cs)], cs
        mov [FRAME(eax)], eax
        mov ax, cs
        mov ss, ax
        mov sp, FRAME(gs)                       ; just above EAX: PUSHAD fills the frame's registers
        mov eax, [FRAME(eax)]
        pushad
        lss sp, [FRAME(sp)]

        mov al, TRAP_STRIDE                     ; the site's continuation, unless the core says otherwise
        mul byte [FRAME(event)]
        add ax, trap_sites + 2
        mov [FRAME(ip)], ax
        push dword 2                            ; NT, TF, DF and AC off (DOSBox starts programs with NT set)
        popfd

        smsw ax                                 ; somebody else's V86 monitor: we cannot cross, so the event
        test al, 1                              ; counts as not answered
        jnz resume

        xor ax, ax                              ; a20_query for the common case: words that differ say "on"
        mov es, ax
        dec ax
        mov fs, ax
        mov ax, [es:A20_PROBE]
        cmp ax, [fs:A20_PROBE + 0x10]
        mov ax, 0x0101
        jne .a20_known
        call a20_query
        mov ah, al
.a20_known:
        mov [FRAME(a20_found)], ax              ; and a20_wanted, the byte behind it
        test al, al
        jnz .a20_on
        inc ax
        call a20_set
.a20_on:
        o32 lgdt [gdt_pseudo]
        o32 lidt [idt_pseudo]
        mov eax, [RESIDENT_cr3]
        mov cr3, eax
        xor ebx, ebx
        mov bx, cs
        shl ebx, 4
        mov eax, cr0
        or eax, 0x80000001
        mov cr0, eax
        db 0x66, 0xEA                           ; jmp dword SEL_CORE_CODE:entry
.entry:
        dd 0                                    ; patched
        dw SEL_CORE_CODE

; In: CS=SEL_RESIDENT_CODE, IF=0, paging on; nothing else. Reached by a far jump from the core.
leave_protected:
        mov ax, SEL_RESIDENT_DATA
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov eax, cr0
        and eax, 0x7FFFFFFE
        mov cr0, eax
        db 0xEA                                 ; jmp resident segment:.real
        dw .real
.segment:
        dw 0                                    ; patched
.real:
        xor eax, eax
        mov cr3, eax                            ; drops the TLB
        mov ax, cs
        mov ds, ax
        o32 lidt [real_idt]
        lss sp, [FRAME(sp)]
        cmp byte [FRAME(a20_wanted)], 0
        jne resume
        xor ax, ax
        call a20_set

; Loads everything from the frame. In: DS=CS, IF=0.
; Stack built on the caller's: IP (dword) | CS (dword) | EFLAGS.
resume:
        mov ax, cs
        mov ss, ax
        mov sp, RESIDENT_frame
        popad
        mov ss, [FRAME(ss)]
        movzx esp, word [FRAME(sp)]
        push dword [FRAME(eflags)]
        push word 0
        push word [FRAME(cs)]
        push word 0
        push word [FRAME(ip)]
        mov es, [FRAME(es)]
        mov fs, [FRAME(fs)]
        mov gs, [FRAME(gs)]
        mov ds, [FRAME(ds)]
        iretd

; Patched by the stub: the core's tables (limit, base), from its header.
gdt_pseudo:
        dw 0
        dd 0
idt_pseudo:
        dw 0
        dd 0
; Real mode's vectors.
real_idt:
        dw 0x3FF
        dd 0
