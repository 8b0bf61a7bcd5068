; DOS reads and writes of 192 KiB at once from and to memory that is in the swap file in part (INT 21h 3Fh, 40h; the "MS-DOS"
; extension): what is written is what is read again elsewhere.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M
; width: 32
; plan: 8
; timeout: 120
; boot: own

%include "dpmi.inc"
%include "fill.inc"

%define PIECE (48 * 4096)

main:
        call    enter_protected_mode
        call    half_as_many_again
        xor     edx, edx
        mov     ecx, 48
        div     ecx
        mul     ecx
        mov     [pages], eax            ; a whole number of pieces
        mov     [count], eax
        call    allocate_pages
        expect_flag nc, "0501h: more than there is"
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page

        mov     ah, 3Ch
        xor     ecx, ecx
        mov     edx, file_name
        int     21h
        mov     [handle], ax
        expect_flag nc, "a file is made"
        mov     word [function], 4000h
        call    move_all
        expect_equal [short_moves], 0, "all of it is written"
        inc     dword [round]
        pass    "filled with something else", downwards, fill_page
        dec     dword [round]
        mov     ax, 4200h
        mov     bx, [handle]
        xor     cx, cx
        xor     dx, dx
        int     21h
        mov     word [function], 3F00h
        call    move_all
        expect_equal [short_moves], 0, "all of it is read"
        pass    "what was written is read", upwards, check_page
        mov     ah, 3Eh
        mov     bx, [handle]
        int     21h
        mov     ah, 41h
        mov     edx, file_name
        int     21h
        expect_flag nc, "the file is deleted"
        jmp     finish

; move_all: the block from or to the file, in pieces.
move_all:
        mov     esi, [address]
        mov     edi, [pages]
        shl     edi, 12
        add     edi, esi
.next:
        mov     edx, esi
        mov     ecx, PIECE
        mov     ax, [function]
        mov     bx, [handle]
        mov     ds, [flat]
        int     21h
        mov     ds, [cs:data_selector]
        jc      .short
        cmp     eax, PIECE
        je      .whole
.short:
        inc     dword [short_moves]
.whole:
        add     esi, PIECE
        cmp     esi, edi
        jb      .next
        ret

section .data
file_name:        db "C:\BLOCK.TMP", 0
section .bss
                  alignb 4
short_moves:      resd 1
handle:           resw 1
function:         resw 1
section .text
