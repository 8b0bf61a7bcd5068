; INT 31h 000Dh, Allocate Specific LDT Descriptor (DPMI 1.0): one of the first 16
; entries of the LDT (selectors 04h to 7Ch); 8011h where it is taken, 8022h for what
; is not in the LDT.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 14
; service: 000D

%include "dpmi.inc"

main:
        call    enter_protected_mode
        ; some of the sixteen may be in use: take the last one that is free
        mov     bx, 7Fh
.search:
        int31   000Dh
        jnc     .found
        sub     bx, 8
        jns     .search
        failed  "at least one of the sixteen is free"
        jmp     finish
.found:
        passed  "at least one of the sixteen is free"
        mov     [selector], bx
        int31   0001h
        expect_flag nc, "it can be freed"

        service 000Dh
        mov     ax, [selector]
        mov     [in_bx], ax
        call    call_service
        accepted "allocate a specific descriptor"
        movzx   ebx, word [selector]
        lar     eax, ebx
        expect_flag z, "the selector is valid"
        and     eax, 0F000h
        expect_equal eax, 0F000h, "it is a present segment of ring 3"
        mov     cx, 0
        mov     dx, 0FFFFh
        int31   0008h
        expect_flag nc, "it is the client's to change"

        service 000Dh
        mov     ax, [selector]
        mov     [in_bx], ax
        call    call_service
        refused "allocate it again", 8011h
        service 000Dh
        mov     word [in_bx], 0048h | 3
        call    call_service
        refused "a selector of the GDT", 8022h

        ; how many are there for a client
        mov     bx, [selector]
        int31   0001h
        mov     bx, 7Fh
        xor     dx, dx
.count:
        int31   000Dh
        jc      .taken
        inc     dx
.taken:
        sub     bx, 8
        jns     .count
        movzx   edx, dx
        comment_value "specific descriptors to be had, of 16:", edx
        expect_at_least edx, 10, "most of the sixteen are for the client"
        mov     bx, [selector]
        int31   0001h
        expect_flag nc, "allocated ones can be freed again"

        ; 0000h never hands out one of those that are reserved for this function
        mov     cx, 1
        int31   0000h
        cmp     ax, 7Fh
        expect_flag a, "0000h allocates above the sixteen"
        jmp     finish

section .bss
selector: resw 1
