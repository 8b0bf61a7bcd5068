; XMS 3.0 functions 10h, 11h, 12h with an older driver that has upper memory: they go to it and come back, registers and
; all. The entry of its own, that somebody may have from before, leads to Ferrite.
; expect: pass
; machines: qemu bochs
; config: DEVICE=C:\OLDERXMS.SYS
; file: child/olderxms.asm=OLDERXMS.SYS
; plan: 82

%include "xms/xms.inc"

body:
        mov     ax, 43FFh               ; see the driver
        int     2Fh
        push    ds
        pop     es
        xms_service 10h
        mov     word [in_dx], 20h
        call    xms_call
        xms_accepted "upper memory of 32 paragraphs", R_EBX | R_EDX
        expect_equal16 [out_dx], 20h, "32 of them"
        mov     ax, [out_bx]
        mov     [upper], ax
        mov     es, ax
        mov     dword [es:0], 12345678h
        xms_service 10h
        mov     word [in_dx], 0FFFFh
        call    xms_call
        xms_refused "more than there is", 0B0h, R_EDX
        expect_equal16 [out_dx], 60h, "96 paragraphs are left"
        xms_service 12h
        mov     ax, [upper]
        mov     [in_dx], ax
        mov     word [in_bx], 40h
        call    xms_call
        xms_accepted "the block grows"
        mov     es, [upper]
        expect_equal [es:0], 12345678h, "and keeps what it holds"
        xms_service 12h
        mov     ax, [upper]
        mov     [in_dx], ax
        mov     word [in_bx], 100h
        call    xms_call
        xms_refused "but not beyond the end", 0B0h, R_EDX
        expect_equal16 [out_dx], 80h, "128 paragraphs is most"
        xms_service 12h
        mov     word [in_dx], 1234h
        mov     word [in_bx], 1
        call    xms_call
        xms_refused "resizing what is no block", 0B2h
        xms_service 11h
        mov     ax, [upper]
        mov     [in_dx], ax
        call    xms_call
        xms_accepted "release"
        xms_service 11h
        mov     ax, [upper]
        mov     [in_dx], ax
        call    xms_call
        xms_refused "release again", 0B2h

        ; Its handles of the blocks that hold Ferrite's memory are nobody else's.
        mov     ax, 43FEh
        int     2Fh
        mov     [foreign], dx
        mov     si, owned
        mov     cx, owned_end - owned
.next:
        lodsb
        mov     [number], al
        xms_service 13h
        mov     al, [number]
        mov     [in_eax + 1], al
        mov     ax, [foreign]
        mov     [in_dx], ax
        mov     word [in_bx], 1
        call    xms_call
        call    refused
        loop    .next
        far_of  eax, buffer
        set_move 4, [foreign], 0, 0, eax
        call    move_block
        xms_refused "nor copied from", 0A3h
        far_of  eax, buffer
        set_move 4, 0, eax, [foreign], 0
        call    move_block
        xms_refused "nor copied to", 0A5h

        ; The older driver's own entry.
        push    dword [xms_entry]
        mov     ax, 43FFh
        int     2Fh
        cmp     bx, [xms_entry]
        jne     .other
        mov     ax, es
        cmp     ax, [xms_entry + 2]
.other:
        expect_flag ne, "the older driver has another entry"
        mov     [xms_entry], bx
        mov     [xms_entry + 2], es
        cmp     byte [es:bx], 0EAh
        expect_flag e, "a jump stands there"
        push    ds
        pop     es
        xms_service 00h
        call    xms_call
        expect_equal16 [out_bx], 1, "it leads to Ferrite"

        ; Whether A20 is on is answered there by the line, or by what stands for it while a client lives.
        cli
        in      al, 92h
        push    ax
        and     al, 0FCh
        out     92h, al
        mov     ah, 7
        mov     bx, 5555h
        call    far [xms_entry]
        mov     [line_off], ax
        mov     [line_off + 2], bx
        pop     ax
        and     al, 0FEh
        or      al, 2
        out     92h, al
        mov     ah, 7
        mov     bx, 5555h
        call    far [xms_entry]
        mov     [line_on], ax
        mov     [line_on + 2], bx
        sti
        expect_equal [line_off], 55000000h, "07h there: the line is off"
        expect_equal [line_on], 55000001h, "07h there: the line is on"
        pop     dword [xms_entry]
        ret

refused:
        xms_refused "a block with Ferrite's memory is not unlocked, freed, locked, asked about, resized", 0A2h
        ret

section .data
owned:  db      0Dh, 0Ah, 0Ch, 0Eh, 0Fh, 8Eh, 8Fh
owned_end:

section .bss
        alignb 4
buffer: resd 1
line_off: resd 1
line_on: resd 1
upper:  resw 1
foreign: resw 1
number: resb 1
section .text
