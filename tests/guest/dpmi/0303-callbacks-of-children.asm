; A client's callbacks come back when it ends, also where a client below it goes on: children that take all they can have
; get the same addresses each time.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; file: child/callbacks.asm=CALLS.COM
; plan: 5
; timeout: 60

%include "dpmi.inc"
%include "dpmi/exec.inc"

main:
        call    enter_protected_mode
        call    child
        mov     [first], ax
        expect_flag ne, "the first child takes callbacks"
  %rep 4
        call    child
        mov     [again], ax
        mov     ax, [first]
        expect_equal16 [again], ax, "the next gets the same addresses"
  %endrep
        jmp     finish

; child: AX = exit code of C:\CALLS.COM, 0 where DOS does not start it; ZF as for AX.
child:
        mov     dx, name
        call    start_program
        mov     ax, 0
        jc      .end
        mov     ah, 4Dh
        int     21h
.end:
        and     ax, 0FFh
        ret

section .data
name:   db "C:\CALLS.COM", 0
section .bss
        alignb 2
first:  resw 1
again:  resw 1
section .text
