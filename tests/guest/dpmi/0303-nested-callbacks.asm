; Callbacks within callbacks (DPMI 1.0, 0303h: a procedure may call real mode again,
; and be entered again once it has saved the structure): protected mode -> real ->
; callback A -> real -> callback B -> real -> callback A -> ... to a depth of DEPTH,
; each level with its own registers, unwound in order.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 10
; service: 0303

%include "dpmi.inc"

%define DEPTH 6

main:
        call    enter_protected_mode
        push    ds
        push    cs
        pop     ds
        mov     esi, callback_a
        mov     edi, structure_a
        int31   0303h
        pop     ds
        mov     [entry_a], dx
        mov     [entry_a + 2], cx
        push    ds
        push    cs
        pop     ds
        mov     esi, callback_b
        mov     edi, structure_b
        int31   0303h
        pop     ds
        mov     [entry_b], dx
        mov     [entry_b + 2], cx
        mov     word [depth], 0

        ; EAX counts down the levels; each adds its level's bit to EBX on the way up
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], call_a
        mov     dword [call_eax], DEPTH
        mov     dword [call_ebx], 0
        mov     dword [call_ecx], 0CCCCCCCCh
        service 0301h
        mov     word [in_bx], 0
        mov     word [in_cx], 0
        set_pointer in_edi, call_structure
        call    call_service
        accepted "six callbacks, each within the one before"
        expect_equal [call_ebx], (2 << DEPTH) - 2, "every level added its part"
        expect_equal [call_ecx], 0CCCCCCCCh, "registers that nobody touched came through"
        expect_equal16 [deepest], DEPTH, "the depth was reached"
        expect_equal16 [depth], 0, "all were unwound"
        expect_equal16 [wrong], 0, "each found its own local data on its stack again"

        ; and again, several times: nothing was left over
        mov     bp, 20
.again:
        push    bp
        call    clear_call
        mov     ax, [real_segment]
        mov     [call_cs], ax
        mov     [call_ds], ax
        mov     word [call_ip], call_a
        mov     dword [call_eax], DEPTH
        mov     bx, 0
        mov     cx, 0
        mov     edi, call_structure
        int31   0301h
        pop     bp
        jc      .failed
        cmp     dword [call_ebx], (2 << DEPTH) - 2
        jne     .failed
        dec     bp
        jnz     .again
.failed:
        expect_equal16 bp, 0, "twenty times in a row"
        mov     dx, [entry_a]
        mov     cx, [entry_a + 2]
        int31   0304h
        expect_flag nc, "A can be freed"
        mov     dx, [entry_b]
        mov     cx, [entry_b + 2]
        int31   0304h
        expect_flag nc, "B can be freed"
        jmp     finish

callback_a:
        mov     bx, call_b
        jmp     callback
callback_b:
        mov     bx, call_a
        ; falls through

; callback: BX = the real-mode procedure that calls the other one. The structure at
; ES:(E)DI is copied to this level's stack before real mode is called again.
callback:
        cld
  %if WIDTH == 16
        movzx   esi, si
        movzx   edi, di
  %endif
        mov     eax, [esi]
        mov     [es:edi + 2Ah], eax     ; return address off the real-mode stack
        add     word [es:edi + 2Eh], 4
        push    es
        pop     ds                      ; DS = ES = the program's data
        inc     word [depth]
        mov     ax, [depth]
        cmp     ax, [deepest]
        jbe     .not_deepest
        mov     [deepest], ax
.not_deepest:
        push    ax                      ; this level
        mov     [next], bx
        mov     esi, edi
        mov     cx, 34h / 2
        add     si, 34h
.save:
        sub     si, 2
        push    word [si]
        dec     cx
        jnz     .save
        push    si                      ; the structure's offset
        dec     dword [si + 1Ch]        ; EAX
        jz      .deep_enough

        ; the same registers to the other callback
        mov     ax, [real_segment]
        mov     [si + 2Ch], ax
        mov     ax, [next]
        mov     [si + 2Ah], ax
        mov     dword [si + 2Eh], 0     ; a stack of the host's
        movzx   edi, si
        mov     bx, 0
        mov     cx, 0
        mov     ax, 0301h
        sti
        int     31h
        cli
.deep_enough:
        pop     si
        mov     ebx, [si + 10h]         ; what came back in EBX
        mov     edi, esi
        movzx   edi, di
        mov     cx, 34h / 2
.restore:
        pop     word [si]
        add     si, 2
        dec     cx
        jnz     .restore
        pop     cx                      ; this level
        cmp     cx, [depth]
        je      .right
        inc     word [wrong]
.right:
        dec     word [depth]
        mov     eax, 1
        shl     eax, cl
        or      eax, ebx
        mov     [edi + 10h], eax
        interrupt_return

; Real mode.
call_a:
        call    far [cs:entry_a]
        retf
call_b:
        call    far [cs:entry_b]
        retf

section .bss
             alignb 4
structure_a: resb 34h
structure_b: resb 34h
entry_a:     resw 2
entry_b:     resw 2
depth:       resw 1
deepest:     resw 1
next:        resw 1
wrong:       resw 1
