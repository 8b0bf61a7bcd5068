; INT 21h 39h, 3Ah, 3Bh, 43h, 47h, 56h, 5Ah, 5Bh, 60h, 6Ch from protected mode with pointers ("MS-DOS"
; extension): names go in and come back, as far as their zero.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 32

%include "dpmi.inc"

; name_call FUNCTION, NAME, "text": DS:(E)DX.
%macro name_call 3
        service %1, 21h
        set_pointer in_edx, %2
        mov     word [in_cx], 0
        call    call_service
        accepted %3
%endmacro

main:
        call    enter_protected_mode
        name_call 3900h, directory, "39h: make a directory"
        name_call 3B00h, directory, "3Bh: change to it"
        mov     al, 0EEh
        mov     edi, buffer
        mov     cx, 128
        rep     stosb
        service 4700h, 21h
        set_pointer in_esi, buffer
        mov     byte [in_edx], 0
        call    call_service
        accepted "47h: where are we"
        mov     di, buffer - 1
.search:
        inc     di
        cmp     di, buffer + 64
        jae     .searched
        cmp     dword [di], 'NAME'
        jne     .search
.searched:
        expect_equal [di], 'NAME', "47h: the directory"
        cmp     byte [buffer + 70], 0EEh
        expect_flag e, "47h: no more than 64 bytes come back"

        name_call 5B00h, file, "5Bh: make a new file"
        mov     bx, [out_ax]
        mov     ah, 3Eh
        int     21h
        service 5B00h, 21h
        set_pointer in_edx, file
        mov     word [in_cx], 0
        call    call_service
        mov     ax, [out_ax]
        expect_equal16 ax, 80, "5Bh: it is there already"

        service 4300h, 21h
        set_pointer in_edx, file
        call    call_service
        accepted "43h: its attributes", R_ECX
        service 5600h, 21h
        set_pointer in_edx, file
        set_pointer in_edi, new_name
        call    call_service
        accepted "56h: another name"
        service 4300h, 21h
        set_pointer in_edx, file
        call    call_service
        mov     ax, [out_ax]
        expect_equal16 ax, 2, "43h: the old name is gone"

        service 6000h, 21h
        set_pointer in_esi, new_name
        set_pointer in_edi, buffer
        call    call_service
        accepted "60h: its full name"
        mov     al, [buffer + 1]
        cmp     al, ':'
        expect_flag e, "60h: begins with a drive"

        service 6C00h, 21h
        set_pointer in_esi, new_name
        mov     word [in_bx], 0
        mov     word [in_cx], 0
        mov     word [in_dx], 1
        call    call_service
        accepted "6Ch: opens it", R_ECX
        mov     bx, [out_ax]
        mov     ah, 3Eh
        int     21h

        service 5A00h, 21h
        set_pointer in_edx, here
        mov     word [in_cx], 0
        call    call_service
        accepted "5Ah: a file with a name of DOS's choice"
        mov     bx, [out_ax]
        mov     ah, 3Eh
        int     21h
        cmp     byte [here + 2], 0
        expect_flag ne, "5Ah: the name has been appended"
        name_call 4100h, here, "41h: deletes it by that name"
        name_call 4100h, new_name, "41h: deletes the other"
        name_call 3B00h, parent, "3Bh: back"
        name_call 3A00h, directory, "3Ah: remove the directory"
        jmp     finish

section .data
directory: db 'NAMES.DIR', 0
file:      db 'ONE.TMP', 0
new_name:  db 'TWO.TMP', 0
parent:    db '..', 0
here:      db '.\', 0
           times 16 db 0

section .bss
        alignb 4
buffer: resb 128
