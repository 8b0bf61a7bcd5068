; Raw switches inside a real-mode callback (DPMI 1.0, 0305h): the state of the other
; mode is saved before and restored after, and the callback goes on and returns.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 5
; service: 0305 0306

%include "dpmi.inc"
%include "dpmi/switch.inc"

main:
        call    enter_protected_mode
        call    switch_addresses
        mov     [code_selector], cs
        ; from within a real-mode procedure's callback the state has to be saved:
        ; 0301h -> callback -> save -> switch to real mode and back -> restore
        push    ds
        push    cs
        pop     ds
        mov     esi, callback
        mov     edi, callback_structure
        int31   0303h
        pop     ds
        mov     [callback_entry], dx
        mov     [callback_entry + 2], cx
        mov     word [got_return], 0
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], call_back
        mov     dword [call_eax], 1
        service 0301h
        mov     word [in_bx], 0
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "raw switches inside a callback, state saved and restored"
        expect_equal16 [got_return], 1, "they were made"
        expect_equal [call_eax], 2, "and the callback came back"

        int31   0400h
        expect_flag nc, "INT 31h answers afterwards"
        jmp     finish

; there_and_back: to real mode and back by raw switches. Changes all registers but BP.
there_and_back:
        mov     [protected_esp], esp
        mov     ax, [real_segment]
        mov     cx, 1357h
        mov     dx, ax
        mov     ebx, real_stack_top
        mov     si, ax
        mov     edi, in_real_mode
  %if WIDTH == 32
        jmp     dword far [to_real]
  %else
        jmp     word far [to_real]
  %endif
in_real_mode:
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [stack_selector]
        mov     ebx, [protected_esp]
        mov     si, [code_selector]
        mov     edi, .back
        jmp     word far [to_protected]
.back:
        inc     word [got_return]
        ret

; The callback: saves the state of the other mode, switches there and back, restores.
callback:
        cld
  %if WIDTH == 16
        movzx   esi, si
        movzx   edi, di
  %endif
        mov     eax, [esi]
        mov     [es:edi + 2Ah], eax
        add     word [es:edi + 2Eh], 4
        inc     dword [es:edi + 1Ch]
        push    es
        pop     ds
        push    edi
        mov     [stack_selector], ss
        mov     al, 0
        call    keep_state
        call    there_and_back
        mov     al, 1
        call    keep_state
        pop     edi
        push    ds
        pop     es
        interrupt_return

call_back:
        call    far [cs:callback_entry]
        retf

section .bss
                alignb 4
protected_esp:  resd 1
callback_entry: resw 2
callback_structure: resb 34h
code_selector:  resw 1
stack_selector: resw 1
got_return:     resw 1
