; A client that goes to real mode by a raw switch, from a callback, and executes there what no monitor can
; carry out (LIDT).
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 60

%define OWN_CALLBACK
%include "vm86/victim.inc"

child_ends:
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     word [call_ip], call_back
        xor     bx, bx
        xor     cx, cx
        mov     edi, call_structure
        int31   0301h
        jmp     $
call_back:
        call    far [cs:callback_entry]
        retf
child_callback:
        mov     ds, [cs:data_selector]
        int31   0306h
        mov     [to_real], edi
        mov     [to_real + WIDTH / 8], si
        mov     ax, [real_segment]
        mov     cx, ax
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
        lidt    [table]
        jmp     $

section .data
table:            dw 0, 0, 0
section .bss
                  alignb 4
to_real:          resb 8
section .text
