; Blocks whose frames follow each other, below 16 MiB and aligned; the physical address of a block, of its pages, and of any
; page of an extended memory block.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; image: debug-calls

%include "dpmi.inc"
%include "paging/debug.inc"

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        mov     ecx, 10000h
        mov     ebx, 1000000h
        mov     edx, 16
        debug   DEBUG_CONTIGUOUS
        expect_flag nc, "64 KiB below 16 MiB, aligned to 64 KiB"
        mov     [block], ebx
        mov     [handle], esi
        mov     [physical], edx
        test    edx, 0FFFFh
        expect_flag z, "the physical address is aligned"
        add     edx, 0FFFFh
        shr     edx, 24
        expect_equal edx, 0, "it lies below 16 MiB"
        debug   DEBUG_PHYSICAL
        expect_equal edx, [physical], "the block's physical address is told"
        mov     ebx, [block]
        add     ebx, 0F123h
        debug   DEBUG_PAGE
        mov     eax, [physical]
        add     eax, 0F123h
        expect_equal edx, eax, "and that of a byte in its last page"
        expect_equal edi, 1, "its pages are locked"
        mov     es, [flat]
        mov     edi, [block]
        mov     ecx, 10000h / 4
        xor     ebp, ebp
.zero:  or      ebp, [es:edi]
        mov     [es:edi], edi
        add     edi, 4
        dec     ecx
        jnz     .zero
        expect_equal ebp, 0, "it is zeroed"
        push    dword [handle]
        pop     di
        pop     si
        mov     bx, 2
        xor     cx, cx
        int31   0503h
        refused_with 8002h, "it cannot be resized"
        push    dword [block]
        pop     cx
        pop     bx
        xor     si, si
        mov     di, 1000h
        int31   0601h
        refused_with 8002h, "nor unlocked"
        mov     edi, [block]
        mov     eax, [es:edi + 0FFF8h]
        sub     eax, edi
        expect_equal eax, 0FFF8h, "refusals leave what it holds"
        push    dword [handle]
        pop     di
        pop     si
        int31   0502h
        expect_flag nc, "it can be freed"
        mov     eax, 4000h
        call    allocate_block
        debug   DEBUG_PHYSICAL
        refused_with 8002h, "an ordinary block has no physical address"
        mov     ecx, 40000000h
        xor     ebx, ebx
        mov     edx, 1
        debug   DEBUG_CONTIGUOUS
        refused_with 8013h, "a GiB in one piece is refused"
        push    ds
        pop     es

        ; an extended memory block, by the driver's entry from real mode
        call    clear_call
        mov     word [call_eax], 4310h
        mov     edi, call_structure
        mov     bx, 2Fh
        xor     cx, cx
        int31   0300h
        mov     ax, [call_es]
        mov     [driver + 2], ax
        mov     ax, [call_ebx]
        mov     [driver], ax
        mov     word [call_eax], 0900h
        mov     word [call_edx], 40
        call    call_driver
        mov     ax, [call_edx]
        mov     [xms], ax
        mov     word [call_eax], 0C00h
        call    call_driver
        push    word [call_edx]
        push    word [call_ebx]
        pop     eax
        mov     [physical], eax
        mov     dx, [xms]
        mov     ecx, 9
        debug   DEBUG_NTH_PAGE
        mov     eax, [physical]
        add     eax, 9000h
        expect_equal edx, eax, "the tenth page of an extended memory block is found"
        mov     dx, [xms]
        mov     ecx, 10
        debug   DEBUG_NTH_PAGE
        refused_with 8021h, "there is no eleventh"
        mov     ax, [xms]
        mov     [call_edx], ax
        mov     word [call_eax], 0D00h
        call    call_driver
        mov     word [call_eax], 0A00h
        call    call_driver
        expect_sound
        jmp     finish

call_driver:
        mov     ax, [driver]
        mov     [call_ip], ax
        mov     ax, [driver + 2]
        mov     [call_cs], ax
        mov     edi, call_structure
        xor     bx, bx
        xor     cx, cx
        int31   0301h
        ret

section .bss
           alignb 4
block:     resd 1
handle:    resd 1
physical:  resd 1
driver:    resw 2
xms:       resw 1
flat:      resw 1
