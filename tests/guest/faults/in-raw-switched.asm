; Every kind of fault in protected mode behind a raw switch (0306h) from a real-mode procedure, which 0301h calls: without an exception
; handler the client ends alone, with one it goes on, and switches back.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 200

%include "faults/faults.inc"
%include "dpmi/switch.inc"

child_ends:
        mov     [protected_cs], cs
        call    switch_addresses
.next:
        call    next_kind
        jc      recovered
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], procedure
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        jmp     .next

; in real mode
procedure:
        mov     [cs:procedure_sp], sp
        mov     [cs:procedure_ss], ss
        mov     ax, [cs:data_selector]
        mov     cx, ax
        mov     dx, ax
        mov     ebx, switched_stack_top
        mov     si, [cs:protected_cs]
        mov     edi, .protected
        jmp     far [cs:to_protected]
.protected:
        call    fault
        mov     ax, [real_segment]
        mov     cx, ax
        mov     si, ax
        mov     dx, [procedure_ss]
        movzx   ebx, word [procedure_sp]
        mov     edi, .back
%if WIDTH == 16
        jmp     word far [to_real]
%else
        jmp     dword far [to_real]
%endif
.back:
        retf

section .bss
                alignb 4
protected_cs:   resw 1
procedure_sp:   resw 1
procedure_ss:   resw 1
switched_stack: resb 300h
switched_stack_top:
section .text
