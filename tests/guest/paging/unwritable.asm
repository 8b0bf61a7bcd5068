; From some time on nothing can be written to the swap file: what is in it can be read all the same, what is not stays in
; memory, and when writes are possible again, so is everything.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; timeout: 200
; boot: own
; plan: 9

%include "dpmi.inc"
%include "fill.inc"
%include "failing.inc"
%include "broken-writes.inc"

main:
        call    enter_protected_mode
        call    half_as_many_again
        call    allocate_pages
        expect_flag nc, "0501h: more than there is"
        jc      finish
        call    hook_dos
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page
        mov     byte [broken], REFUSE
        pass    "read in order, while no write succeeds", upwards, check_page
        pass    "read downwards", downwards, check_page
        comment_value "writes that failed:", [refusals]
        expect_at_least [refusals], 1, "writes were tried"
        mov     byte [broken], GO_ON
        change  "changed in order, when they do again", upwards
        change  "changed downwards", downwards
        mov     byte [broken], HALF
        pass    "read in order, while no write is whole", upwards, check_page
        mov     byte [broken], GO_ON
        pass    "read in order at last", upwards, check_page
        call    unhook_dos
        jmp     finish
