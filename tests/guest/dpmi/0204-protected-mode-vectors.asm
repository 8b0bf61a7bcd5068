; INT 31h 0204h and 0205h, protected-mode interrupt vectors (DPMI 1.0): all 256;
; 8022h for a handler in no code segment of the client. A handler that was set gets
; the interrupt, and the flags in its frame are what the caller gets.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 29
; service: 0204 0205

%include "dpmi.inc"
%include "dpmi/chaining.inc"

main:
        call    enter_protected_mode

        service 0204h
        mov     byte [in_bl], 60h
        call    call_service
        accepted "0204h", R_ECX | R_EDX
        store_from_image old
        xor     di, di
        xor     si, si
.each:
        mov     bx, si
        int31   0204h
        jc      .next
        test    cx, 0FFFCh
        jz      .next
        inc     di
.next:
        inc     si
        cmp     si, 256
        jb      .each
        expect_equal16 di, 256, "all 256 have a handler"

        service 0205h
        mov     byte [in_bl], 60h
        mov     [in_cx], cs
        set_pointer in_edx, handler
        call    call_service
        accepted "0205h"
        mov     edx, -1
        mov     bl, 60h
        int31   0204h
        mov     ax, cs
        expect_equal16 cx, ax, "0204h gives the selector back"
  %if WIDTH == 32
        expect_equal edx, handler, "0204h gives the offset back"
  %else
        expect_equal16 dx, handler, "0204h gives the offset back"
  %endif
        service 0205h
        mov     byte [in_bl], 60h
        mov     word [in_cx], 0FFFFh
        set_pointer in_edx, handler
        call    call_service
        refused "0205h: a selector never allocated", 8022h
        service 0205h
        mov     byte [in_bl], 60h
        mov     word [in_cx], 0
        set_pointer in_edx, handler
        call    call_service
        refused "0205h: the null selector", 8022h

        ; the handler runs, on the caller's stack, with the caller's registers
        service 1111h, 60h
        call    call_service
        accepted "INT 60h reaches the handler, which clears carry", R_EBX
        expect_equal16 [out_bx], 2222h, "its result comes back"
        expect_equal16 [seen_ax], 1111h, "it got the caller's AX"
        expect_equal16 [seen_ss], [entry_ss], "it ran on the caller's stack"
        mov     ax, [seen_cs]
        mov     bx, cs
        expect_equal16 ax, bx, "its frame holds the caller's CS"
        test    word [seen_flags], FLAG_CARRY
        expect_flag nz, "its frame holds the caller's flags"

        ; chaining: the handler passes on to the one before it, which reflects
        mov     bl, 60h
        mov     cx, [real_segment]
        mov     dx, real_handler
        int31   0201h
        mov     bl, 60h
        mov     cx, cs
        mov     edx, chaining
        int31   0205h
        service 3333h, 60h
        call    call_service
        accepted "a handler that chains to the one before", R_EBX | R_EDX
        expect_equal16 [out_bx], 4444h, "the real-mode handler's result comes back"
        expect_equal16 [out_dx], 5555h, "and so does what the first one set"

        load_vector old
        mov     bl, 60h
        int31   0205h
        expect_flag nc, "the default handler can be set back"
        service 6666h, 60h
        call    call_service
        accepted "then it reflects to real mode", R_EBX
        expect_equal16 [out_bx], 4444h, "the real-mode handler's result comes back again"

        ; INT 31h itself can be hooked
        mov     bl, 31h
        int31   0204h
        store_vector old_31
        set_handler 0205h, 31h, counting_31
        int31   0003h
        expect_equal16 ax, 8, "a hooked INT 31h still answers"
        cmp     word [calls_31], 1
        expect_flag e, "and the hook saw it"
        load_vector old_31
        mov     bl, 31h
        int31   0205h
        expect_flag nc, "INT 31h can be unhooked"
        jmp     finish

handler:
        push    eax
        push    ebp
        mov     [seen_ax], ax           ; DS is the caller's
        mov     [seen_ss], ss
        frame_base
        mov     ax, [ss:ebp + 8 + INTERRUPT_CS]
        mov     [seen_cs], ax
        mov     ax, [ss:ebp + 8 + INTERRUPT_FLAGS]
        mov     [seen_flags], ax
        and     word [ss:ebp + 8 + INTERRUPT_FLAGS], 0FFFFh ^ FLAG_CARRY
        pop     ebp
        pop     eax
        mov     bx, 2222h
        interrupt_return

section .bss
              alignb 4
seen_ax:      resw 1
seen_ss:      resw 1
seen_cs:      resw 1
seen_flags:   resw 1
