; The way back to a client whose CS or SS is none any more ends in an exception 0Dh, with that selector as error code, at the
; place where the client was to go on (DPMI 0.9, 0203h). An INT that stands there, or at the same offset of linear memory where
; CS was freed, has not been executed. (DOSBox-X ends itself at such an IRET.)
; expect: pass
; machines: qemu bochs
; width: 16 32
; plan: 12

%include "dpmi.inc"
%include "dpmi/exit-fault.inc"

%define PLACE 4F0h                      ; linear: the BIOS leaves 16 bytes to programs there

main:
        call    enter_protected_mode
        call    prepare

        ; SS becomes read-only under a service
        call    new_segments
        mov     word [resume_at], .stack_done
        mov     bx, [stack]
        mov     ss, bx
        mov     cx, 00F1h
        int31   0009h
.stack_place:
        int     60h
.stack_done:
        exit_fault "a read-only SS", .stack_place, [stack_error]

        ; CS becomes data
        call    new_segments
        mov     word [resume_at], .code_done
        mov     word [code_offset], .in_code
        jmp     far [code_pointer]
.in_code:
        mov     bx, cs
        mov     cx, 00F3h
        int31   0009h
.code_place:
        int     60h
.code_done:
        exit_fault "a CS that is data", .code_place, [code_error]

        ; CS is freed, and an exception handler returns there
        call    new_segments
        call    flat_segment
        mov     es, ax
        mov     esi, [es:PLACE]
        mov     word [es:PLACE], 60CDh
        mov     word [es:PLACE + 2], 9090h
        mov     word [resume_at], .freed_done
        set_handler 0203h, 06h, handler_06h
        mov     word [code_offset], .in_freed
        jmp     far [code_pointer]
.in_freed:
        ud2
.freed_done:
        mov     [es:PLACE], esi
        push    ds
        pop     es
        exit_fault "a CS that was freed", PLACE, [code_error]
        call    restore
        jmp     finish

; Frees the CS of the fault, and returns there, to another place.
handler_06h:
        push    ds
        push    eax
        push    ebp
        push    ebx
        mov     ds, [cs:data_selector]
        frame_base
        mov     bx, [ss:ebp + 14 + EXCEPTION_CS]
        mov     word [ss:ebp + 14 + EXCEPTION_IP], PLACE
        int31   0001h
        pop     ebx
        pop     ebp
        pop     eax
        pop     ds
        far_return
