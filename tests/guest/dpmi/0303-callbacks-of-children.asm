; A client's callbacks come back when it ends, also where a client below it goes on: children that take all they can have
; get the same addresses each time.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; file: child/callbacks.asm=CALLS.COM
; plan: 5
; timeout: 60

%include "dpmi.inc"

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
        push    ds
        pop     es
        call    clear_call
        mov     word [call_eax], 4B00h
        mov     word [call_edx], name
        mov     word [call_ebx], block
        mov     ax, [real_segment]
        mov     [call_ds], ax
        mov     [call_es], ax
        mov     [block + 4], ax
        mov     [block + 8], ax
        mov     [block + 12], ax
        mov     bx, 21h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        xor     ax, ax
        test    word [call_flags], FLAG_CARRY
        jnz     .end
        mov     ah, 4Dh
        int     21h
.end:
        and     ax, 0FFh
        ret

section .data
name:   db "C:\CALLS.COM", 0
        align 4
block:  dw 0, empty, 0, 5Ch, 0, 6Ch, 0
empty:  db 0, 0Dh
section .bss
        alignb 2
first:  resw 1
again:  resw 1
section .text
