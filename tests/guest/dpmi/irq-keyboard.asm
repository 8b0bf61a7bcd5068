; IRQ 1 to a protected-mode handler: a scan code put into the keyboard controller by
; command D2h raises it; the handler reads port 60h and chains to the BIOS, which reads
; it again and stores the key.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 7
; service: 0205

%include "dpmi.inc"

%define SCAN_CODE_B 30h

main:
        call    enter_protected_mode
        mov     bl, 09h
        int31   0204h
        store_vector old_9
        set_handler 0205h, 09h, keyboard
.drain:
        mov     ah, 1
        int     16h
        jz      .empty
        mov     ah, 0
        int     16h
        jmp     .drain
.empty:
        mov     word [hits], 0
        call    press
        expect_flag nc, "the handler ran"
        cmp     byte [seen_code], SCAN_CODE_B
        expect_flag e, "it read the scan code"
        mov     ah, 1
        int     16h
        expect_flag nz, "the BIOS has a key"
        mov     ah, 0
        int     16h
        expect_equal16 ax, 3062h, "it is the one that was pressed"

        ; while real mode runs
        mov     bl, 60h
        mov     cx, [real_segment]
        mov     dx, real_press
        int31   0201h
        mov     word [hits], 0
        call    clear_call
        push    ds
        pop     es
        mov     bx, 60h
        xor     cx, cx
        mov     edi, call_structure
        int31   0300h
        cmp     word [hits], 1
        expect_flag ae, "pressed while real mode runs, the handler ran"
        load_vector old_9
        mov     bl, 09h
        int31   0205h
        expect_flag nc, "the default handler is set back"
        mov     word [hits], 0
        call    inject
        call    settle
        expect_equal16 [hits], 0, "then the handler does not run"
        jmp     finish

; press: out CF = 1 where no interrupt came.
press:
        call    inject
        mov     ecx, 4000000h
.wait:
        cmp     word [hits], 1
        jae     .came
        dec     ecx
        jnz     .wait
        stc
        ret
.came:
        clc
        ret

settle:
        mov     ecx, 200000h
.wait:
        dec     ecx
        jnz     .wait
        ret

; inject: scan code to the controller's output buffer. Either mode.
inject:
        call    ready
        mov     al, 0D2h
        out     64h, al
        call    ready
        mov     al, SCAN_CODE_B
        out     60h, al
        ret
ready:
        mov     cx, 0
.wait:
        in      al, 64h
        test    al, 2
        jz      .end
        loop    .wait
.end:
        ret

keyboard:
        push    ds
        push    ax
        mov     ds, [cs:data_selector]
        in      al, 60h
        mov     [seen_code], al
        inc     word [hits]
        pop     ax
        pop     ds
        chain_to old_9

real_press:
        sti
        push    cs
        pop     ds
        call    inject
        mov     ecx, 200000h
.wait:
        dec     ecx
        jnz     .wait
        iret

section .bss
           alignb 4
old_9:     resb 8
hits:      resw 1
seen_code: resb 1
