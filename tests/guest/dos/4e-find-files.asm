; INT 21h 1Ah, 2Fh, 4Eh, 4Fh from protected mode with pointers ("MS-DOS" extension): the disk transfer
; area is the program's, in its own memory; 4Fh goes on from what it holds; at the start it is in the PSP.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 22

%include "dpmi.inc"

main:
        call    enter_protected_mode
        mov     ah, 2Fh
        int     21h
        mov     ax, es
        push    ds
        pop     es
        expect_equal16 ax, [entry_es], "2Fh: at the start the PSP's selector"
        expect_equal16 bx, 80h, "2Fh: at the start 80h"

        mov     esi, names
.make:
        mov     edx, esi
        mov     ah, 3Ch
        xor     cx, cx
        int     21h
        jc      .made
        mov     bx, ax
        mov     ah, 3Eh
        int     21h
        add     si, 13
        cmp     si, names.end
        jb      .make
.made:
        expect_flag nc, "three files are made"

        service 1A00h, 21h
        set_pointer in_edx, area
        call    call_service
        mov     word [registers_free], 0
        call    judge_registers
        expect_equal [judged], 0, "1Ah: changes nothing"
        mov     ah, 2Fh
        int     21h
        mov     ax, es
        push    ds
        pop     es
        expect_equal16 ax, [data_selector], "2Fh: the segment that was set"
        expect_equal16 bx, area, "2Fh: the offset that was set"

        service 4E00h, 21h
        mov     word [in_cx], 0
        set_pointer in_edx, pattern
        call    call_service
        accepted "4Eh: finds one"
        mov     eax, [area + 30]
        expect_equal eax, 'FND1', "4Eh: its name is in the area"
        mov     dword [area + 30], 0
        service 4F00h, 21h
        set_pointer in_edx, 0FFF0h      ; 4Fh takes no pointer
        call    call_service
        accepted "4Fh: finds the next"
        mov     eax, [area + 30]
        expect_equal eax, 'FND2', "4Fh: its name is in the area"

        ; another search in between, with another area
        service 1A00h, 21h
        set_pointer in_edx, other_area
        call    call_service
        service 4E00h, 21h
        mov     word [in_cx], 0
        set_pointer in_edx, pattern
        call    call_service
        mov     eax, [other_area + 30]
        expect_equal eax, 'FND1', "4Eh: another search begins at the first"
        service 1A00h, 21h
        set_pointer in_edx, area
        call    call_service
        service 4F00h, 21h
        call    call_service
        mov     eax, [area + 30]
        expect_equal eax, 'FND3', "4Fh: the first search goes on with its own area"
        service 4F00h, 21h
        call    call_service
        test    word [out_flags], FLAG_CARRY
        expect_flag nz, "4Fh: no fourth"
        mov     ax, [out_ax]
        expect_equal16 ax, 18, "4Fh: says that there is no more"
        mov     eax, [area + 30]
        expect_equal eax, 'FND3', "4Fh: the area is as it was"
        service 4E00h, 21h
        mov     word [in_cx], 0
        set_pointer in_edx, missing
        call    call_service
        test    word [out_flags], FLAG_CARRY
        expect_flag nz, "4Eh: nothing fits"
        mov     eax, [other_area + 30]
        expect_equal eax, 'FND1', "the other area was left alone"

        mov     esi, names
        xor     di, di
.delete:
        mov     edx, esi
        mov     ah, 41h
        int     21h
        jc      .deleted
        inc     di
        add     si, 13
        cmp     si, names.end
        jb      .delete
.deleted:
        expect_equal16 di, 3, "41h: deletes the three"

        ; the program's area in its PSP
        mov     ah, 1Ah
        push    ds
        mov     ds, [entry_es]
        mov     edx, 80h
        int     21h
        pop     ds
        service 4E00h, 21h
        mov     word [in_cx], 0
        set_pointer in_edx, any
        call    call_service
        test    word [out_flags], FLAG_CARRY
        expect_flag z, "4Eh: with the area in the PSP"
        mov     fs, [entry_es]
        cmp     byte [fs:80h + 30], ' '
        expect_flag a, "4Eh: a name is there"
        xor     ax, ax
        mov     fs, ax
        jmp     finish

section .data
names:   db 'FND1.DTA', 0, 0, 0, 0, 0
         db 'FND2.DTA', 0, 0, 0, 0, 0
         db 'FND3.DTA', 0, 0, 0, 0, 0
.end:
pattern: db 'FND?.DTA', 0
missing: db 'NOSUCH.DTA', 0
any:     db '\*.*', 0

section .bss
            alignb 4
area:       resb 44
other_area: resb 44
