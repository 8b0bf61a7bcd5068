; INT 31h 0800h of a locked extended memory block that is unlocked and freed while it is mapped. The mapping stays, and none
; of what it shows becomes anybody else's memory before it is gone: neither the client's own pages nor its page tables, and
; so not the core's.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; host-args: /NOSWAP
; timeout: 60

%include "dpmi.inc"
%include "xms/protected-entry.inc"

%define BLOCK_KIB 256
%define BYTES     BLOCK_KIB * 1024
%define SHOWN     5A17C0DEh

main:
        call    enter_protected_mode
        call    flat_segment
        mov     [flat], ax
        call    find_xms_entry
        mov     dx, BLOCK_KIB
        xms     09h
        mov     [handle], dx
        expect_equal16 ax, 1, "a block of extended memory"
        xms     0Ch
        expect_equal16 ax, 1, "it is locked"
        push    dx
        push    bx
        pop     dword [physical]

        service 0800h
        mov     eax, [physical]
        set_pair in_bx, in_cx, eax
        set_pair in_si, in_di, BYTES
        call    call_service
        accepted "0800h: the block", R_EBX | R_ECX
        pair_of eax, out_bx, out_cx
        mov     [address], eax
        mov     eax, SHOWN
        mov     edi, [address]
        mov     ecx, BYTES / 4
        call    fill

        mov     dx, [handle]
        xms     0Dh
        expect_equal16 ax, 1, "it is unlocked"
        mov     dx, [handle]
        xms     0Ah
        expect_equal16 ax, 1, "and freed"

        call    take_all
        mov     eax, [taken]
        expect_at_least eax, 1024, "the client gets at least 4 MiB of pages"
        mov     es, [flat]
        mov     edi, [address]
        mov     ecx, BYTES / 4
        mov     eax, SHOWN
        cld
        a32 repe scasd
        push    ds
        pop     es
        expect_flag e, "none of them is what the mapping shows"
        ; Whatever it shows, it may be written.
        mov     eax, ~SHOWN
        mov     edi, [address]
        mov     ecx, BYTES / 4
        call    fill
        expect_equal [wrong], 0, "the pages hold what was written to them"
        call    look_again
        expect_equal [wrong], 0, "and still do"

        service 0501h
        set_pair in_bx, in_cx, 1000h
        call    call_service
        refused "0501h: nothing is left", 8013h, R_EBX | R_ECX | R_ESI | R_EDI
        service 0801h
        mov     eax, [address]
        set_pair in_bx, in_cx, eax
        call    call_service
        accepted "0801h"
        mov     dword [taken], 0
        call    take_all
        expect_at_least [taken], BLOCK_KIB / 4 - 2, "then its pages are free, too"
        mov     eax, [taken]
        comment_value "pages:", eax
        call    look_again
        expect_equal [wrong], 0, "and the others hold what they did"
        jmp     finish

; fill: ECX double words of EAX at linear address EDI.
fill:
        push    es
        mov     es, [flat]
        cld
        a32 rep stosd
        pop     es
        ret

; take_all: allocates and writes as much as there is, in blocks that get smaller; [taken] pages in all.
take_all:
        mov     ebp, 400000h
.more:
        push    ebp
        pop     cx
        pop     bx
        mov     ax, 0501h
        int     31h
        jc      .smaller
        push    bx
        push    cx
        pop     edi
        mov     ebx, [blocks]
        cmp     ebx, BLOCKS
        jae     .end
        mov     [where + ebx * 8], edi
        mov     [where + ebx * 8 + 4], ebp
        inc     dword [blocks]
        mov     ecx, ebp
        shr     ecx, 12
        add     [taken], ecx
        call    mark
        jmp     .more
.smaller:
        shr     ebp, 1
        cmp     ebp, 1000h
        jae     .more
.end:
        ret

; mark: each of ECX pages at EDI holds its own address, at both ends.
mark:
        push    es
        mov     es, [flat]
.next:
        mov     [es:edi], edi
        mov     [es:edi + 0FFCh], edi
        add     edi, 1000h
        dec     ecx
        jnz     .next
        pop     es
        ret

; look_again: [wrong] pages that do not.
look_again:
        push    es
        mov     es, [flat]
        xor     ebx, ebx
.block:
        cmp     ebx, [blocks]
        jae     .end
        mov     edi, [where + ebx * 8]
        mov     ecx, [where + ebx * 8 + 4]
        shr     ecx, 12
.page:
        cmp     [es:edi], edi
        jne     .wrong
        cmp     [es:edi + 0FFCh], edi
        je      .right
.wrong:
        inc     dword [wrong]
.right:
        add     edi, 1000h
        dec     ecx
        jnz     .page
        inc     ebx
        jmp     .block
.end:
        pop     es
        ret

section .bss
         alignb 4
BLOCKS   equ 200
physical: resd 1
address: resd 1
blocks:  resd 1
taken:   resd 1
wrong:   resd 1
where:   resd 2 * BLOCKS
handle:  resw 1
flat:    resw 1

section .text
