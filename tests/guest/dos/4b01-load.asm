; INT 21h 4B01h, load a program without starting it, and 4B03h, load an overlay ("MS-DOS" extension): the program lies in memory behind a PSP of its
; own with its tail, FCBs and environment, and a 16-bit client's block says where it begins; the overlay lies in the selector's segment.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 20 17
; file: child/tail.asm=CHILD.COM
; file: child/overlay.asm=OVERLAY.EXE

%include "dpmi.inc"

%define HEAD 12                         ; bytes of the file that are compared

main:
        call    enter_protected_mode
        mov     ax, ds
        mov     [tail_selector], ax
        mov     [first_selector], ax
        mov     [second_selector], ax
        mov     ax, 3D00h
        mov     edx, program
        int     21h
        mov     bx, ax
        mov     ah, 3Fh
        mov     ecx, HEAD
        mov     edx, head
        int     21h
        mov     ah, 3Eh
        int     21h
        mov     ah, 62h
        int     21h
        mov     [own], bx

%if WIDTH == 16
        ; an environment in extended memory
        mov     bx, 0
        mov     cx, 100h
        int31   0501h
        push    bx
        push    cx
        pop     edx
        mov     ecx, 0FFh
        call    segment_at
        mov     [parameters], ax
        mov     es, ax
        mov     dword [es:0], "AB=c"
        mov     dword [es:4], "d"
        mov     dword [strings], "AB=c"
%else
        ; the client's own
        mov     es, [own]
        mov     es, [es:2Ch]
        mov     eax, [es:0]
        mov     [strings], eax
%endif
        push    ds
        pop     es

        service 4B01h, 21h
        set_pointer in_edx, program
        set_pointer in_ebx, parameters
        call    call_service
        accepted "4B01h: loads a program"
        mov     ah, 62h
        int     21h
        mov     [loaded], bx
        mov     bx, [own]
        mov     ah, 50h
        int     21h
        mov     ax, [loaded]
        cmp     ax, [own]
        expect_flag ne, "4B01h: the process is the new one"
        mov     es, ax
        expect_equal16 [es:0], 20CDh, "4B01h: a PSP"
        mov     eax, [es:80h]
        expect_equal eax, [tail], "4B01h: its tail"
        mov     eax, [es:5Ch]
        expect_equal eax, [first], "4B01h: its first FCB"
        mov     eax, [es:6Ch]
        expect_equal eax, [second], "4B01h: its second"
        mov     di, 100h
        call    same_head
        expect_flag e, "4B01h: the file behind it"
        mov     ax, es
        call    paragraph_of
        mov     [loaded_paragraph], ax
%if WIDTH == 16
        expect_equal16 [begin_cs], ax, "4B01h: where it begins, CS"
        expect_equal16 [begin_ip], 100h, "4B01h: IP"
        expect_equal16 [begin_ss], ax, "4B01h: SS"
        expect_at_least [begin_sp], 100h, "4B01h: SP"
%else
        mov     eax, [parameters_end]
        expect_equal eax, 55AA55AAh, "4B01h: nothing behind the block"
%endif
        ; what DOS allocated for it: the environment, and itself
        mov     bx, [es:2Ch]
        int31   0002h
        mov     es, ax
        mov     eax, [es:0]
        expect_equal eax, [strings], "4B01h: its environment"
        mov     ah, 49h
        int     21h
        expect_flag nc, "49h: its environment"
        mov     es, [loaded]
        mov     ah, 49h
        int     21h
        expect_flag nc, "49h: the program"

        ; an overlay
        push    ds
        pop     es
        mov     bx, 100h
        int31   0100h
        mov     [overlay], dx
        mov     es, dx
        mov     dword [es:0], 0
        service 4B03h, 21h
        set_pointer in_edx, program
        set_pointer in_ebx, overlay
        call    call_service
        accepted "4B03h: loads an overlay"
        mov     es, [overlay]
        xor     di, di
        call    same_head
        expect_flag e, "4B03h: it is there"
        push    ds
        pop     es
        mov     word [overlay + 2], 2345h
        service 4B03h, 21h
        set_pointer in_edx, relocated
        set_pointer in_ebx, overlay
        call    call_service
        mov     es, [overlay]
        expect_equal [es:0], 24451234h, "4B03h: relocated by what the block says"
        mov     ah, 62h
        int     21h
        expect_equal16 bx, [own], "4B03h: the process is the same"
        jmp     finish

; same_head: are these the file's first bytes, at ES:DI? ZF.
same_head:
        mov     si, head
        mov     cx, HEAD
        repe    cmpsb
        ret

; paragraph_of: AX = the paragraph of selector AX.
paragraph_of:
        push    ebx
        push    ecx
        push    edx
        mov     bx, ax
        int31   0006h
        push    cx
        push    dx
        pop     eax
        shr     eax, 4
        pop     edx
        pop     ecx
        pop     ebx
        ret

section .data
program: db 'C:\CHILD.COM', 0
relocated: db 'C:\OVERLAY.EXE', 0
tail:    db 3, ' 12', 13
first:   db 0, 'A          ', 0, 0, 0, 0
second:  db 0, 'B          ', 0, 0, 0, 0
         align 4
overlay: dw 0, 0
parameters:
%if WIDTH == 16
         dw 0
         dw tail
tail_selector: dw 0
         dw first
first_selector: dw 0
         dw second
second_selector: dw 0
begin_sp: dw 0
begin_ss: dw 0
begin_ip: dw 0
begin_cs: dw 0
%else
         dd tail
tail_selector: dw 0, 0
         dd first
first_selector: dw 0, 0
         dd second
second_selector: dw 0, 0
parameters_end: dd 55AA55AAh
%endif

section .bss
         alignb 4
head:    resb HEAD
own:     resw 1
loaded:  resw 1
loaded_paragraph: resw 1
         alignb 4
strings: resd 1
