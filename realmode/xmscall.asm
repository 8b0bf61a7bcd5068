; A call of the XMS driver. Active, it is a trap. Dormant, this is a crossing of its own, shorter than `cross`
; (switch.asm), which changes no more of the machine's state than it must: the caller's stack stays the stack, its FS and
; GS stay loaded. Where A20 is off, or another monitor has the machine, `cross` does it.
;
; In: a far call; AH=function. XMS 3.0 grants the driver 256 bytes of stack.

; An older driver's hook header leads here. DOS calls by its address: DOSBox-X's asks on each INT 21h from virtual-8086 code
; whether A20 is on (07h), so that is answered at once, as the driver would: by the line, or active by what is mapped.
xms_from_older:
        cmp ah, 7
        jne xms_entry
        pushf
        cli
        call a20_query
        popf
        mov bl, 0
        retf

; Stack built here: XmsCall (layout.rs).
xms_event:
        cmp byte [cs:RESIDENT_active], 0
        jne SITE(EVENT_XMS)
        cmp word [cs:RESIDENT_old_xms + 2], 0
        je .ours
        push ax                                 ; what an older driver answers itself (HMA, A20: 01h-07h; UMB: 10h-12h)
        dec ah                                  ; goes there without a detour
        cmp ah, 7
        jb .older
        sub ah, 0x10 - 1
        cmp ah, 3
.older:
        pop ax
        jb xms_chain
.ours:
        pushfd
        push dword 2                            ; IF, TF, DF, NT and AC off
        popfd
        push ds
        push es
        pushad
        smsw ax
        test al, 1
        jnz .cross
        xor ax, ax                              ; a20_query for the common case: words that differ say "on"
        mov es, ax
        dec ax
        mov ds, ax
        mov ax, [es:A20_PROBE]
        cmp ax, [A20_PROBE + 0x10]
        je .cross                               ; off, most likely
        mov [cs:RESIDENT_xms_stack], esp        ; ring 0 uses all of ESP
        mov [cs:RESIDENT_xms_stack + 4], ss
        o32 lgdt [cs:gdt_pseudo]
        o32 lidt [cs:idt_pseudo]
        mov eax, [cs:RESIDENT_cr3]
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000001
        mov cr0, eax
        db 0x66, 0xEA                           ; jmp dword SEL_CORE_CODE:entry
.entry:
        dd 0                                    ; patched
        dw SEL_CORE_CODE
.cross:
        popad
        pop es
        pop ds
        mov byte [cs:FRAME(event)], EVENT_XMS
        jmp cross

; In: CS=SEL_RESIDENT_CODE, DS and ES with 64 KiB limits, SS such or as it was, IF=0, paging on. Reached by a far jump from
; the core, which has left its results in what PUSHAD pushed.
xms_leave:
        mov eax, cr0
        and eax, 0x7FFFFFFE
        mov cr0, eax
        db 0xEA                                 ; jmp resident segment:.real
        dw .real
.segment:
        dw 0                                    ; patched
.real:
        o32 lidt [cs:real_idt]
        lss esp, [cs:RESIDENT_xms_stack]
        popad
        pop es
        pop ds
        popfd
        retf
