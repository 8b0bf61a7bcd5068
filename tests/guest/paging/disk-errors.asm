; The disk itself fails now and then: ten calls of INT 13h in forty that write to it end with an error, which DOS reports
; (INT 24h) and nobody sees. Nothing is lost.
; expect: pass
; machines: qemu bochs
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; whole: 16
; timeout: 200
; boot: own
; plan: 9

%include "dpmi.inc"
%include "fill.inc"

%define FAILING 10
%define PERIOD  40

main:
        call    enter_protected_mode
        mov     bl, 13h
        int31   0200h
        mov     [old_disk], dx
        mov     [old_disk + 2], cx
        mov     cx, [real_segment]
        mov     dx, disk_hook
        int31   0201h
        mov     bl, 24h
        int31   0200h
        mov     [old_critical], dx
        mov     [old_critical + 2], cx
        mov     cx, [real_segment]
        mov     dx, critical_hook
        int31   0201h

        call    half_as_many_again
        call    allocate_pages
        expect_flag nc, "0501h: more than there is"
        jc      .end
        mov     dword [round], 1
        mov     byte [broken], 1
        pass    "filled in order", upwards, fill_page
        change  "changed in order", upwards
        change  "changed downwards", downwards
        pass    "read in order", upwards, check_page
        mov     byte [broken], 0
        change  "changed in order, when the disk is well again", upwards
        pass    "read in order at last", upwards, check_page
        comment_value "calls that failed:", [refusals]
        expect_at_least [refusals], 50, "many calls failed"
        expect_equal [critical], 0, "the program's INT 24h saw nothing of it"
.end:
        mov     bl, 24h
        mov     dx, [old_critical]
        mov     cx, [old_critical + 2]
        int31   0201h
        mov     bl, 13h
        mov     dx, [old_disk]
        mov     cx, [old_disk + 2]
        int31   0201h
        jmp     finish

disk_hook:
        cmp     ah, 3
        je      .write
        cmp     ah, 43h
        jne     .chain
.write:
        test    dl, 80h
        jz      .chain
        cmp     byte [cs:broken], 0
        je      .chain
        inc     byte [cs:turn]
        cmp     byte [cs:turn], FAILING
        jbe     .fails
        cmp     byte [cs:turn], PERIOD
        jb      .chain
        mov     byte [cs:turn], 0
.chain:
        jmp     far [cs:old_disk]
.fails:
        inc     dword [cs:refusals]
        mov     ah, 20h                 ; the controller failed
        push    bp
        mov     bp, sp
        or      byte [bp + 6], FLAG_CARRY
        pop     bp
        iret

critical_hook:
        inc     dword [cs:critical]
        mov     al, 3
        iret

section .bss
                  alignb 4
old_disk:         resw 2
old_critical:     resw 2
refusals:         resd 1
critical:         resd 1
broken:           resb 1
turn:             resb 1
section .text
