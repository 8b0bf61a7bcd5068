; Loaded by CONFIG.SYS, where there is no environment, Ferrite puts the swap file where TEMP of the program that first needs it
; says; and it is gone with that program.
; expect: pass
; machines: qemu bochs
; host: device
; host-args: /MEM=2M
; autoexec: MD C:\WORK
; autoexec: SET TMP=C:\NOWHERE
; autoexec: SET TEMP=C:\WORK
; width: 16 32
; plan: 18
; timeout: 120
; boot: own

%define RUNS         1
%define CHILD_EXIT   2Ah
%define PARENT_HOOKS
%include "vm86/victim.inc"
%include "overcommit.inc"

child_ends:
        call    take_too_much
        call    walk
        ; DOS looks while the file is there.
        call    clear_call
        mov     word [call_eax], 4E00h
        mov     word [call_ecx], 6
        mov     word [call_edx], temp_file_name
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_ss], ax
        mov     word [call_sp], real_stack_top
        push    ds
        pop     es
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        mov     ax, 4C2Ah
        test    byte [call_flags], 1
        jz      .there
        mov     al, 79h
.there:
        int     21h

parent_begins:
        ret
parent_judges:
        call    no_file
        expect_equal16 ax, 0, "there is none in FERRITE.EXE's directory"
        mov     dx, temp_file_name
        mov     cx, 6
        mov     ah, 4Eh
        int     21h
        expect_flag c, "the file in TEMP's directory is gone"
        ret

section .data
temp_file_name:   db "C:\WORK\FERRITE.SWP", 0
section .text
