; INT 31h 0600h to 0604h, page locking (DPMI 1.0): locks count, so unlocking once more
; than was locked is 8002h; 8025h for addresses that are not the client's memory;
; a negative length reaches back from the address;
; DS and an offset in place of an address are let pass;
; conventional memory may be marked pageable and has to be marked back.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 49
; service: 0600 0601 0602 0603 0604

%include "dpmi.inc"

%define BLOCK 8000h

; region FUNCTION, ADDRESS (dword operand), SIZE
%macro region 3
        service %1
        set_pair in_bx, in_cx, %2
        set_pair in_si, in_di, %3
        call    call_service
%endmacro

main:
        call    enter_protected_mode

        service 0604h
        call    call_service
        accepted "0604h, get the page size", R_EBX | R_ECX
        pair_of eax, out_bx, out_cx
        expect_equal eax, 1000h, "a page has 4096 bytes"

        mov     bx, BLOCK >> 16
        mov     cx, BLOCK & 0FFFFh
        int31   0501h
        push    bx
        push    cx
        pop     dword [address]
        mov     [handle], di
        mov     [handle + 2], si

        region  0600h, [address], BLOCK
        accepted "0600h: lock a block"
        region  0600h, [address], BLOCK
        accepted "0600h: lock it again"
        call    flat_segment
        mov     es, ax
        mov     ebx, [address]
        mov     dword [es:ebx + BLOCK - 4], 600D600Dh
        expect_equal [es:ebx + BLOCK - 4], 600D600Dh, "locked memory can be used"
        push    ds
        pop     es
        region  0601h, [address], BLOCK
        accepted "0601h: unlock it"
        region  0601h, [address], BLOCK
        accepted "0601h: unlock it a second time"
        region  0601h, [address], BLOCK
        refused "0601h: unlock it once more than it was locked", 8002h

        ; parts: the pages that a region touches
        mov     eax, [address]
        add     eax, 0FFFh
        mov     [odd], eax
        region  0600h, [odd], 2
        accepted "0600h: two bytes across a page boundary"
        region  0601h, [address], 1
        accepted "0601h: the first of those pages, by another byte of it"
        mov     eax, [address]
        add     eax, 1000h
        region  0601h, eax, 1000h
        accepted "0601h: the second of those pages"

        ; the distance of two labels where the second lies in front of the first: Descent's sound code
        mov     eax, [address]
        add     eax, 2000h
        mov     [odd], eax
        region  0600h, [odd], 0FFFFFFFCh
        accepted "0600h: a length of minus 4"
        sub     dword [odd], 4
        region  0601h, [odd], 8
        accepted "0601h: the pages of the address and of what is in front of it"
        region  0601h, [odd], 0FFFFFFFCh
        refused "0601h: a length of minus 4, no lock left", 8002h

        ; conventional memory, where the program is
        xor     ax, ax
        call    linear_of
        mov     [program], eax
        region  0600h, [program], 4000h
        accepted "0600h: the program's own memory"
        region  0601h, [program], 4000h
        accepted "0601h: the program's own memory"

        ; what is not there
        region  0600h, 0BFFF0000h, 1000h
        refused "0600h: an address that nobody allocated", 8025h
        region  0601h, 0BFFF0000h, 1000h
        refused "0601h: an address that nobody allocated", 8025h
        region  0600h, [address], 40000000h
        refused_in "0600h: more than the block", 8013h, 8025h
        region  0600h, [address], 0FFFFF000h
        refused "0600h: a page's length back from the block's start", 8025h

        ; DS and an offset in place of an address: Acrobat Reader for DOS
        mov     [far_pointer + 2], ds
        mov     word [far_pointer], 0BAAEh
        region  0600h, [far_pointer], 8000h
        accepted "0600h: DS and an offset, which is no address of anything"
        region  0601h, [far_pointer], 8000h
        accepted "0601h: DS and an offset"
        xor     word [far_pointer + 2], 4000h
        region  0600h, [far_pointer], 8000h
        refused "0600h: neither DS and an offset nor anything's address", 8025h

        region  0602h, [program], 1000h
        accepted "0602h: mark conventional memory pageable"
        region  0603h, [program], 1000h
        accepted "0603h: mark it back"

        ; a locked block can be freed
        region  0600h, [address], BLOCK
        mov     si, [handle + 2]
        mov     di, [handle]
        int31   0502h
        expect_flag nc, "a locked block can be freed"
        jmp     finish

section .bss
         alignb 4
address: resd 1
handle:  resd 1
odd:     resd 1
far_pointer: resd 1
program: resd 1
