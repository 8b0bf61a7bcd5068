; A storm of page faults while the timer (1,000 times a second) and the keyboard interrupt, with protected-mode handlers whose
; data lie in a locked page of the very block that is paged (0600h): no page is wrong, no interrupt is lost for good.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M
; width: 16 32
; plan: 11
; timeout: 200
; boot: own

%include "dpmi.inc"
%include "fill.inc"

%define TICKS 0F00h                    ; the handlers' data
%define KEYS  0F04h
%define DIVISOR 1193                    ; of the timer's clock, 1.193 MHz

main:
        call    enter_protected_mode
        call    half_as_many_again
        call    flat_segment
        mov     [flat], ax
        mov     ebx, [pages]
        inc     ebx                     ; one for the handlers
        shl     ebx, 12
        mov     cx, bx
        shr     ebx, 16
        int31   0501h
        expect_flag nc, "0501h: more than there is"
        push    bx
        push    cx
        pop     dword [own_page]
        mov     eax, [own_page]
        add     eax, 1000h
        mov     [address], eax
        mov     cx, [own_page]
        mov     bx, [own_page + 2]
        xor     si, si
        mov     di, 1000h
        int31   0600h
        expect_flag nc, "0600h: the handlers' page"
        mov     es, [flat]
        mov     ebx, [own_page]
        mov     dword [es:ebx + TICKS], 0
        mov     dword [es:ebx + KEYS], 0
        push    ds
        pop     es
        bsr     ecx, [pages]
        mov     eax, 2
        shl     eax, cl
        dec     eax
        mov     [mask], eax

        mov     bl, 08h
        int31   0204h
        store_vector old_8
        mov     bl, 09h
        int31   0204h
        store_vector old_9
        set_handler 0205h, 09h, keyboard
        set_handler 0205h, 08h, timer
        mov     ax, DIVISOR
        call    set_timer
        sti

        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page
        change  "changed at random", scattered, press_and_change
        change  "changed downwards", downwards, press_and_change
        change  "changed at random again", scattered, press_and_change
        pass    "read in order", upwards, check_page

        xor     ax, ax
        call    set_timer
        load_vector old_8
        mov     bl, 08h
        int31   0205h
        load_vector old_9
        mov     bl, 09h
        int31   0205h
        mov     es, [flat]
        mov     ebx, [own_page]
        mov     eax, [es:ebx + TICKS]
        mov     ecx, [es:ebx + KEYS]
        push    ds
        pop     es
        comment_value "ticks:", eax
        comment_value "keys:", ecx
        expect_at_least eax, 200, "the timer came"
        expect_at_least ecx, 20, "the keyboard came"
        mov     ax, 40h
        mov     es, ax
        mov     ax, [es:6Ch]
        mov     ecx, 10000000h
.tick:
        cmp     ax, [es:6Ch]
        jne     .ticked
        dec     ecx
        jnz     .tick
.ticked:
        cmp     ax, [es:6Ch]
        push    ds
        pop     es
        expect_flag ne, "the BIOS's clock goes on"
        cmp     byte [mixed], 0
        expect_flag e, "the handlers found their data"
        jmp     finish

; press_and_change: now and then a scan code comes.
press_and_change:
        test    ebp, 15
        jnz     .quiet
        push    ds
        call    inject
        pop     ds
.quiet:
        jmp     change_page

; inject: the release of a key that means nothing, from the controller, if the one before has been taken.
inject:
        mov     es, [flat]
        mov     ebx, [own_page]
        mov     eax, [es:ebx + KEYS]
        cmp     eax, [injected]
        jb      .end
        inc     dword [injected]
        call    settle
        mov     al, 0D2h
        out     64h, al
        call    settle
        mov     al, 0B0h
        out     60h, al
.end:
        ret
settle:
        mov     ecx, 10000
.wait:
        in      al, 64h
        test    al, 2
        jz      .end
        dec     ecx
        jnz     .wait
.end:
        ret

; set_timer: AX = divisor, 0 for the usual.
set_timer:
        push    ax
        mov     al, 36h
        out     43h, al
        pop     ax
        out     40h, al
        mov     al, ah
        out     40h, al
        ret

timer:
        push    ds
        push    eax
        push    ebx
        mov     ds, [cs:data_selector]
        mov     ebx, [own_page]
        mov     ds, [flat]
        inc     dword [ebx + TICKS]
        mov     al, 20h
        out     20h, al
        pop     ebx
        pop     eax
        pop     ds
        interrupt_return

keyboard:
        push    ds
        push    eax
        push    ebx
        mov     ds, [cs:data_selector]
        mov     ebx, [own_page]
        mov     ds, [flat]
        in      al, 60h
        inc     dword [ebx + KEYS]
        mov     eax, [ebx + TICKS]
        cmp     eax, 1000000
        jb      .plausible
        mov     ds, [cs:data_selector]
        mov     byte [mixed], 1
.plausible:
        mov     al, 20h
        out     20h, al
        pop     ebx
        pop     eax
        pop     ds
        interrupt_return

section .bss
                  alignb 4
own_page:         resd 1
injected:         resd 1
old_8:            resb 8
old_9:            resb 8
mixed:            resb 1
section .text
