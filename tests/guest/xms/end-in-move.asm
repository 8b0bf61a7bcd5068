; A program that is ended by a handler of its own in the middle of a long move leaves no work behind: the blocks that
; it moved can be locked, moved and freed by whoever has their handles.
; expect: pass
; machines: qemu bochs dosbox-x
; plan: 12
; file: child/dies.asm=DIES.COM
; timeout: 60

%include "xms/xms.inc"
%include "xms/exec.inc"

%define BIG_KIB   2048

body:
        call    free_memory
        mov     [total], eax
        mov     dx, BIG_KIB
        call    allocate
        mov     [one], dx
        mov     dx, BIG_KIB
        call    allocate
        mov     [other], dx
        push    es
        mov     ax, 40h
        mov     es, ax
        mov     eax, [xms_entry]
        mov     [es:0F0h], eax
        mov     ax, [one]
        mov     [es:0F4h], ax
        mov     ax, [other]
        mov     [es:0F6h], ax
        mov     dword [es:0F8h], BIG_KIB * 1024
        pop     es
        mov     word [exec_path], dies
        run_ferrite ""
        expect_equal16 ax, 7, "the child ends in the middle of its move"
        mov     ah, 0Ch
        mov     dx, [one]
        call    far [xms_entry]
        expect_equal16 ax, 1, "its source is locked"
        mov     ah, 0Dh
        mov     dx, [one]
        call    far [xms_entry]
        set_move 32768, [one], 0, [other], 0
        mov     ah, 0Bh
        mov     si, move_length
        call    far [xms_entry]
        expect_equal16 ax, 1, "copied"
        mov     ah, 0Ah
        mov     dx, [one]
        call    far [xms_entry]
        expect_equal16 ax, 1, "and freed"
        mov     ah, 0Ah
        mov     dx, [other]
        call    far [xms_entry]
        expect_equal16 ax, 1, "and so is its destination"
        call    free_memory
        expect_equal eax, [total], "all memory came back"
        ret

section .data
dies:   db      "C:\DIES.COM", 0

section .bss
                alignb 4
total:          resd 1
one:            resw 1
other:          resw 1

section .text
