; A client writes to more pages than there is memory, while none of them can be written to the swap file: its end, and never a
; wrong page; nothing of it is lost, and the next one can have the same.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; whole: 16 bochs
; timeout: 600
; boot: own
; contains: There is no memory for a page, and nothing can be written to the swap file.
; plan: 17

%define PARENT_HOOKS
%define RUNS 1
%include "vm86/victim.inc"
%include "overcommit.inc"
%include "failing.inc"
%include "broken-writes.inc"

child_ends:
        call    take_too_much
        call    hook_dos
        mov     byte [broken], REFUSE
        xor     esi, esi
.page:
        mov     ebx, esi
        shl     ebx, 12
        add     ebx, [big]
        cmp     [fs:ebx], esi
        jne     .wrong
        mov     [fs:ebx], esi
        inc     esi
        cmp     esi, [big_pages]
        jb      .page
        failed  "all pages were written, and went nowhere"
        jmp     .end
.wrong:
        failed  "a page came back wrong"
.end:
        call    unhook_dos
        mov     ax, 4C00h
        int     21h

parent_begins:
        ret
parent_judges:
        call    no_file
        expect_equal16 ax, 0, "the swap file is gone"
        ret
