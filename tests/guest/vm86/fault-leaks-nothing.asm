; What a client leaves that a fault ends in the middle of calls inside calls: nothing of the report, nor of the calls that never came
; back. Every other client ends so, the first ones end well, and all see the same free pages.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 120

%define RIGHT_EXIT judge_end
%include "vm86/victim.inc"

%define RUN_EXIT     2Ah
%define RUN_DIES     0FFh
%define WELL         4                  ; so many end well at first
%define DEPTH        12

judge_end:
        cmp     ax, [wanted_end]
        ret

child_ends:
        mov     fs, [results_selector]
        mov     word [fs:wanted_end], RUN_EXIT
        inc     word [fs:number]
        mov     ax, [fs:number]
        cmp     ax, WELL
        jbe     .well
        test    al, 1
        jz      .well
        mov     word [fs:wanted_end], RUN_DIES
        ; real mode's INT 33h leads back to protected mode, where it is called again
        push    ds
        push    cs
        pop     ds
        mov     esi, deeper
        mov     edi, structure
        int31   0303h
        pop     ds
        mov     bl, 33h
        int31   0201h
        call    mouse
        ; what a fault ends does not come here
.well:
        mov     ax, 4C00h | RUN_EXIT
        int     21h

; mouse: a call with a pointer, which is translated.
mouse:
        push    ds
        pop     es
        mov     edx, cursor
        xor     ebx, ebx
        xor     ecx, ecx
        mov     ax, 0009h
        int     33h
        ret

deeper:
        mov     ds, [cs:data_selector]
        inc     word [depth]
        cmp     word [depth], DEPTH
        jb      mouse
        ud2

section .data
number:           dw 0
wanted_end:       dw 0
depth:            dw 0

section .bss
structure:        resb 34h
cursor:           resb 64

section .text
