; INT 21h 4Bh and 4Dh from protected mode ("MS-DOS" extension): a program is started with its tail and FCBs; the
; parameter block holds selectors (32-bit: pointers of 8 bytes and no environment). The child is this
; program again, in real mode: with the tail "7" it ends with that many in its exit code.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 10
; file: child/tail.asm=CHILD.COM

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     ax, ds
        mov     [tail_selector], ax
        mov     [first_selector], ax
        mov     [second_selector], ax
        service 4B00h, 21h
        set_pointer in_edx, program
        set_pointer in_ebx, parameters
        call    call_service
        accepted "4Bh: starts a program"
        mov     ah, 4Dh
        int     21h
        expect_equal16 ax, 3 + 'A' + 'B', "4Dh: it saw its tail and its FCBs"

        ; FCBs that lead nowhere are empty ones, as Microsoft's DOSX32 has it
        mov     eax, [second_pointer]
        push    eax
        mov     dword [second_pointer], -1
        mov     word [second_selector], -1
        service 4B00h, 21h
        set_pointer in_edx, program
        set_pointer in_ebx, parameters
        call    call_service
        accepted "4Bh: with a second FCB at FFFF:FFFFFFFF"
        pop     dword [second_pointer]
        mov     [second_selector], ds

        service 4B00h, 21h
        set_pointer in_edx, missing
        set_pointer in_ebx, parameters
        call    call_service
        test    word [out_flags], FLAG_CARRY
        expect_flag nz, "4Bh: a program that is not there"
        mov     ax, [out_ax]
        expect_equal16 ax, 2, "4Bh: says so"
        mov     word [registers_free], R_EAX
        call    judge_registers
        expect_equal [judged], 0, "4Bh: and changes nothing else"
        ; memory and files are as before
        mov     ax, 3D00h
        mov     edx, program
        int     21h
        expect_flag nc, "3Dh: files can be opened afterwards"
        mov     bx, ax
        mov     ah, 3Eh
        int     21h
        int31   0400h
        expect_flag nc, "0400h: the host is there"
        jmp     finish

section .data
program: db 'C:\CHILD.COM', 0
missing: db 'MISSING.COM', 0
tail:    db 3, ' 12', 13
first:   db 0, 'A          ', 0, 0, 0, 0
second:  db 0, 'B          ', 0, 0, 0, 0
         align 4
parameters:
%if WIDTH == 16
         dw 0
         dw tail
tail_selector: dw 0
         dw first
first_selector: dw 0
second_pointer:  dw second
second_selector: dw 0
%else
         dd tail
tail_selector: dw 0, 0
         dd first
first_selector: dw 0, 0
second_pointer:  dd second
second_selector: dw 0, 0
%endif
