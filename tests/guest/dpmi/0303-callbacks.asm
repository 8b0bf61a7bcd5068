; INT 31h 0303h and 0304h, real-mode callback addresses (DPMI 1.0): at least 16; the
; procedure gets ES:(E)DI = the structure with the real-mode registers, DS:(E)SI =
; the real-mode stack, runs with interrupts off on a stack of the host's, and the
; structure it leaves in ES:(E)DI is what real mode goes on with. 8015h when none is
; left, 8024h for what is no callback, 8022h for a procedure in no segment.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 37
; service: 0303 0304

%include "dpmi.inc"

%define LEAST_CALLBACKS 16

main:
        call    enter_protected_mode

        service 0303h
        mov     [in_ds], cs
        set_pointer in_esi, callback
        set_pointer in_edi, callback_structure
        call    call_service
        accepted "0303h", R_ECX | R_EDX
        mov     ax, [out_dx]
        mov     [entry], ax
        mov     ax, [out_cx]
        mov     [entry + 2], ax

        ; called from real mode
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     [call_ss], ax
        mov     word [call_sp], real_stack_top
        mov     word [call_ip], caller
        mov     dword [call_eax], 11112222h
        mov     dword [call_ebx], 33334444h
        mov     dword [call_ebp], 55556666h
        mov     word [call_es], 7777h
        mov     word [call_flags], FLAG_INTERRUPT | FLAG_ZERO | 2
        service 0301h
        mov     word [in_bx], 0
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "real mode calls it"
        expect_equal16 [calls], 1, "it ran once"
        expect_equal [got_eax], 11112222h, "the structure held EAX"
        expect_equal [got_ebx], 33334444h, "the structure held EBX"
        expect_equal [got_ebp], 55556666h, "the structure held EBP"
        expect_equal16 [got_es], 7777h, "the structure held ES"
        expect_equal16 [got_ds], [real_segment], "the structure held DS"
        mov     ax, [real_segment]
        expect_equal16 [got_ss], ax, "the structure held SS"
        expect_equal16 [got_sp], real_stack_top - 4 - 4, "the structure held SP"
        expect_equal16 [got_stack], caller.returned, "DS:SI was the real-mode stack"
        mov     ax, [real_segment]
        expect_equal16 [got_stack + 2], ax, "with the return address on it"
        expect_equal [got_pointer], callback_structure, "ES:DI was the structure named at 0303h"
        test    word [got_flags], FLAG_INTERRUPT
        expect_flag z, "interrupts were off in the callback"
        test    word [got_real_flags], FLAG_ZERO
        expect_flag nz, "the structure held the flags"
        mov     ax, [got_handler_ss]
        cmp     ax, [entry_ss]
        expect_flag ne, "it did not run on the client's own stack"
        expect_equal [call_eax], ~11112222h, "what it put into EAX came back"
        expect_equal [call_ebx], 99998888h, "what it put into EBX came back"
        test    word [call_flags], FLAG_CARRY
        expect_flag nz, "the carry it set came back"

        ; ES:DI at the return may be another structure
        mov     word [use_other], 1
        call    call_it
        expect_flag nc, "a callback that returns with another structure"
        expect_equal [call_eax], 0C0C0C0C0h, "the other structure is what counts"
        mov     word [use_other], 0

        ; as an interrupt handler of real mode
        mov     bl, 60h
        int31   0200h
        mov     [old_vector], dx
        mov     [old_vector + 2], cx
        mov     bl, 60h
        mov     cx, [entry + 2]
        mov     dx, [entry]
        int31   0201h
        mov     word [as_interrupt], 1
        mov     word [calls], 0
        call    clear_call
        mov     dword [call_eax], 12121212h
        mov     bx, 60h
        xor     cx, cx
        mov     edi, call_structure
        push    ds
        pop     es
        int31   0300h
        expect_flag nc, "a callback as a real-mode interrupt handler"
        expect_equal16 [calls], 1, "it ran once there"
        expect_equal [call_eax], ~12121212h, "EAX came back from there"
        mov     bl, 60h
        mov     cx, [old_vector + 2]
        mov     dx, [old_vector]
        int31   0201h
        mov     word [as_interrupt], 0

        ; a hundred calls in a row
        mov     word [calls], 0
        mov     bp, 100
.again:
        push    bp
        call    call_it
        pop     bp
        jc      .stopped
        dec     bp
        jnz     .again
.stopped:
        expect_equal16 [calls], 100, "a hundred calls in a row"

        ; how many there are
        xor     bp, bp
.fill:
        service 0303h
        mov     [in_ds], cs
        set_pointer in_esi, callback
        set_pointer in_edi, callback_structure
        call    call_service
        test    word [out_flags], FLAG_CARRY
        jnz     .full
        mov     bx, bp
        shl     bx, 2
        mov     ax, [out_dx]
        mov     [more + bx], ax
        mov     ax, [out_cx]
        mov     [more + bx + 2], ax
        inc     bp
        cmp     bp, 512
        jb      .fill
        service 0FFFFh                  ; there was no end: not judged as refused
        call    call_service
.full:
        refused "0303h when none is left", 8015h
        movzx   eax, bp
        comment_value "callbacks beside the first:", eax
        inc     eax
        expect_at_least eax, LEAST_CALLBACKS, "a client has at least 16"
        movzx   edi, bp
        xor     si, si
        mov     bp, 0
.free:
        cmp     si, di
        jae     .freed
        mov     bx, si
        shl     bx, 2
        mov     dx, [more + bx]
        mov     cx, [more + bx + 2]
        int31   0304h
        jc      .not_freed
        inc     bp
.not_freed:
        inc     si
        jmp     .free
.freed:
        expect_equal16 bp, di, "all of them can be freed"

        service 0304h
        mov     ax, [entry]
        mov     [in_dx], ax
        mov     ax, [entry + 2]
        mov     [in_cx], ax
        call    call_service
        accepted "0304h"
        service 0304h
        mov     ax, [entry]
        mov     [in_dx], ax
        mov     ax, [entry + 2]
        mov     [in_cx], ax
        call    call_service
        refused "0304h again", 8024h
        service 0304h
        mov     word [in_cx], 0F000h
        mov     word [in_dx], 0FFF0h
        call    call_service
        refused "0304h of what is no callback", 8024h
        jmp     finish

; call_it: the callback by 0301h. Out: CF as 0301h gives it.
call_it:
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], caller
        push    ds
        pop     es
        mov     bx, 0
        mov     cx, 0
        mov     edi, call_structure
        int31   0301h
        ret

; The callback. DS:(E)SI is the real-mode stack, ES:(E)DI the structure.
callback:
        cld
  %if WIDTH == 16
        movzx   esi, si
        movzx   edi, di
  %endif
        pushf
        pop     bp
        mov     ax, ds
        mov     gs, ax                  ; the real-mode stack
        mov     ds, [cs:data_selector]
        mov     [got_flags], bp
        inc     word [calls]
        mov     [got_handler_ss], ss
        mov     [got_pointer], edi
        mov     eax, [gs:esi]
        mov     [got_stack], eax
        mov     eax, [es:edi + 1Ch]
        mov     [got_eax], eax
        mov     eax, [es:edi + 10h]
        mov     [got_ebx], eax
        mov     eax, [es:edi + 8]
        mov     [got_ebp], eax
        mov     ax, [es:edi + 20h]
        mov     [got_real_flags], ax
        mov     ax, [es:edi + 22h]
        mov     [got_es], ax
        mov     ax, [es:edi + 24h]
        mov     [got_ds], ax
        mov     ax, [es:edi + 2Eh]
        mov     [got_sp], ax
        mov     ax, [es:edi + 30h]
        mov     [got_ss], ax
        ; what real mode goes on with: a far return, or an IRET
        mov     eax, [gs:esi]
        mov     [es:edi + 2Ah], eax
        add     word [es:edi + 2Eh], 4
        or      word [es:edi + 20h], FLAG_CARRY
        cmp     word [as_interrupt], 0
        je      .far
        mov     ax, [gs:esi + 4]
        mov     [es:edi + 20h], ax
        add     word [es:edi + 2Eh], 2
.far:
        not     dword [es:edi + 1Ch]
        mov     dword [es:edi + 10h], 99998888h
        cmp     word [use_other], 0
        je      .end
        push    ds
        pop     gs
        mov     esi, edi
        mov     edi, other_structure
        mov     cx, 32h
.copy:
        mov     al, [es:esi]
        mov     [gs:edi], al
        inc     esi
        inc     edi
        dec     cx
        jnz     .copy
        push    ds
        pop     es
        mov     edi, other_structure
        mov     dword [es:edi + 1Ch], 0C0C0C0C0h
.end:
        interrupt_return

; Real mode.
caller:
        call    far [cs:entry]
.returned:
        retf

section .bss
                    alignb 4
callback_structure: resb 34h
other_structure:    resb 34h
entry:              resw 2
old_vector:         resw 2
got_eax:            resd 1
got_ebx:            resd 1
got_ebp:            resd 1
got_stack:          resd 1
got_pointer:        resd 1
got_es:             resw 1
got_ds:             resw 1
got_ss:             resw 1
got_sp:             resw 1
got_flags:          resw 1
got_real_flags:     resw 1
got_handler_ss:     resw 1
calls:              resw 1
use_other:          resw 1
as_interrupt:       resw 1
                    alignb 4
more:               resd 512
