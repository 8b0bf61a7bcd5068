; INT 31h 0306h inside a procedure that 0301h called on the host's real-mode stack: protected mode calls DOS in between, and
; what the procedure has on that stack is still there when it is back (DPMI 1.0, 0305h and 0306h).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 7
; service: 0305 0306 0301

%include "dpmi.inc"
%include "dpmi/switch.inc"

main:
        call    enter_protected_mode
        call    switch_addresses
        mov     [code_selector], cs
        mov     [stack_selector], ss

        ; twice, as the second call finds what the first has left of the stack
        mov     word [marker], 5A5Ah
        call    one_call
        expect_equal16 [got_return], 1, "and protected mode was there"
        expect_equal16 [popped], 5A5Ah, "with what it had pushed still on the stack"
        mov     word [marker], 0A5A5h
        mov     ax, [used_sp]
        mov     [first_sp], ax
        call    one_call
        mov     ax, [first_sp]
        expect_equal16 [used_sp], ax, "the next call begins at the same SP"
        jmp     finish

one_call:
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], procedure
        service 0301h
        mov     word [in_bx], 0
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "0301h of a procedure that switches to protected mode and back"
        ret

; Runs in real mode, on the host's stack.
procedure:
        push    word [marker]
        mov     [used_sp], sp
        mov     [used_ss], ss
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [stack_selector]
        mov     ebx, switch_stack_top
        mov     si, [code_selector]
        mov     edi, .protected
        jmp     word far [to_protected]
.back:
        pop     word [popped]
        retf

.protected:
        inc     word [got_return]
        mov     al, 0
        call    keep_state
        mov     ah, 30h
        int     21h
        mov     ah, 19h
        int     21h
        mov     al, 1
        call    keep_state
        mov     ax, [real_segment]
        mov     cx, ax
        mov     dx, [used_ss]
        movzx   ebx, word [used_sp]
        mov     si, ax
        mov     edi, .back
  %if WIDTH == 32
        jmp     dword far [to_real]
  %else
        jmp     word far [to_real]
  %endif

section .bss
                alignb 4
code_selector:  resw 1
stack_selector: resw 1
got_return:     resw 1
marker:         resw 1
popped:         resw 1
used_sp:        resw 1
used_ss:        resw 1
first_sp:       resw 1
                alignb 4
switch_stack:   resb 200h
switch_stack_top:
