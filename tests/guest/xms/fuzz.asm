; Random calls of the driver: functions that there are and that there are not, handles that are right,
; stale, nearly right or nonsense, odd and enormous lengths, wild offsets and sizes. After each call only what the
; function returns has changed, and a refusal has a code of the specification. A block that no call names
; keeps its bytes, its lock and its place, and in the end all memory and all handles come back.
; Arguments: seed and calls, decimal.
;
; What is kept out, since it would harm under any driver: A20 and HMA (01h to 06h, DOS may live there), upper
; memory, and moves into conventional memory outside of this program.
; expect: pass
; machines: qemu bochs dosbox-x
; args: 1 20000
; plan: 18
; timeout: 240

%include "xms/xms.inc"
%define DEFAULT_STEPS 20000
%include "xms/random.inc"

%define OWN          24                 ; handles that are remembered
%define STALE        16                 ; and those that were freed last
%define GUARD_KIB    64

body:
        call    arguments
        mov     eax, [seed]
        mov     [random_state], eax
        mov     di, counts
        mov     cx, counts_end - counts
        mov     al, 0
        rep     stosb
        call    free_memory
        mov     [total], eax
        mov     dx, GUARD_KIB
        call    allocate
        mov     [guard], dx
        call    handle_info
        mov     [handles], cx           ; the upper half stays 0
        mov     word [pass], guard_write
        call    guard_each
        mov     ah, 0Ch
        mov     dx, [guard]
        call    far [xms_entry]
        push    dx
        push    bx
        pop     dword [guard_at]
        cmp     ax, 1
        expect_flag z, "a block is set aside and locked"

        mov     eax, [steps]
        mov     [to_go], eax
.step:
        call    step
        dec     dword [to_go]
        jnz     .step

        mov     bp, own
.give_up:
        mov     dx, [bp]
        test    dx, dx
        jz      .none
.unlock:
        mov     ah, 0Dh
        call    far [xms_entry]
        cmp     ax, 1
        je      .unlock
        mov     ah, 0Ah
        call    far [xms_entry]
        cmp     ax, 1
        je      .none
        inc     dword [lost]
.none:
        add     bp, 2
        cmp     bp, own + OWN * 2
        jb      .give_up

        comment_value "calls accepted", [accepted_calls]
        comment_value "calls refused", [refused_calls]
        expect_equal [wrong_codes], 0, "a refusal has one of the specification's codes"
        expect_equal [wrong_registers], 0, "nothing but results has changed"
        expect_equal [lost], 0, "every block that was given out can be given back"
        mov     word [pass], guard_check
        call    guard_each
        expect_equal [wrong_bytes], 0, "the block set aside has its bytes"
        mov     ah, 0Ch
        mov     dx, [guard]
        call    far [xms_entry]
        push    dx
        push    bx
        pop     eax
        expect_equal eax, [guard_at], "and its place"
        mov     ah, 0Dh
        mov     dx, [guard]
        call    far [xms_entry]
        mov     dx, [guard]
        call    handle_info
        shr     bx, 8
        movzx   ebx, bx
        expect_equal ebx, 1, "and its lock"
        movzx   ecx, cx
        expect_equal ecx, [handles], "all handles came back"
        mov     ah, 0Dh
        mov     dx, [guard]
        call    far [xms_entry]
        mov     dx, [guard]
        call    free
        call    free_memory
        expect_equal eax, [total], "all memory came back"
        ret

; step: one random call.
step:
        xms_service 0
        mov     ecx, functions_end - functions
        call    random_below
        mov     bx, ax
        mov     al, [functions + bx]
        cmp     al, 0FFh
        jne     .function
        call    random_function
.function:
        mov     [in_eax + 1], al
        call    random_handle
        mov     [in_dx], ax
        mov     al, [in_eax + 1]
        mov     bx, sizes
        call    .is_in
        jne     .no_size
        call    random_size
        mov     [in_edx], eax
.no_size:
        call    random_size
        mov     [in_ebx], eax
        mov     word [in_si], move_length
        cmp     byte [in_eax + 1], 0Bh
        je      .move
        cmp     byte [in_eax + 1], 0CBh
        jne     .call
.move:
        call    random_move
.call:
        mov     ax, [in_dx]
        mov     [named], ax
        call    xms_call
        call    judge
        ; what came, and what went
        cmp     word [out_ax], 1
        jne     .end
        mov     al, [in_eax + 1]
        mov     bx, allocations
        call    .is_in
        je      remember
        cmp     byte [in_eax + 1], 0Ah
        je      forget
.end:
        ret
; ZF=1: AL is one of the bytes at BX, whose last is 0.
.is_in:
        cmp     byte [bx], 0
        je      .not_in
        cmp     [bx], al
        je      .in
        inc     bx
        jmp     .is_in
.not_in:
        cmp     bx, 0
.in:
        ret

; random_function: AL = any but those that are kept out.
random_function:
        mov     ecx, 256
        call    random_below
        cmp     al, 0
        je      .end
        cmp     al, 7
        jb      random_function
        cmp     al, 10h
        jb      .end
        cmp     al, 12h
        jbe     random_function
.end:
        ret

; random_handle: AX.
random_handle:
        mov     ecx, 16
        call    random_below
        cmp     ax, 9
        jb      .own
        cmp     ax, 12
        jb      .stale
        cmp     ax, 13
        je      .near
        cmp     ax, 14
        je      .none
        mov     ecx, 65536
        call    random_below
        jmp     .guarded
.own:
        mov     ecx, OWN
        call    random_below
        add     ax, ax
        mov     bx, ax
        mov     ax, [own + bx]
        ret
.stale:
        mov     ecx, STALE
        call    random_below
        add     ax, ax
        mov     bx, ax
        mov     ax, [stale + bx]
        jmp     .guarded
.near:                                  ; the guarded block's, one bit changed
        mov     ecx, 16
        call    random_below
        mov     cl, al
        mov     ax, 1
        shl     ax, cl
        xor     ax, [guard]
        ret
.none:
        xor     ax, ax
        ret
.guarded:
        cmp     ax, [guard]
        jne     .end
        inc     ax
.end:
        ret

; random_size: EAX: small, large or enormous.
random_size:
        mov     ecx, 8
        call    random_below
        cmp     ax, 5
        jb      .small
        je      .word
        cmp     ax, 6
        je      .edge
        mov     ecx, 65536
        call    random_below
        push    ax
        mov     ecx, 65536
        call    random_below
        push    ax
        pop     eax
        ret
.small:
        mov     ecx, 200
        jmp     random_below
.word:
        mov     ecx, 65536
        jmp     random_below
.edge:
        mov     ecx, edges_count
        call    random_below
        mov     bx, ax
        shl     bx, 2
        mov     eax, [edges + bx]
        ret

; random_move: the structure. A destination in conventional memory is this program's buffer, or so long that the move
; has to be refused.
random_move:
        call    random_size
        mov     [move_length], eax
        call    random_handle
        mov     [move_from], ax
        call    random_size
        mov     [move_from_offset], eax
        call    random_handle
        mov     [move_to], ax
        call    random_size
        mov     [move_to_offset], eax
        mov     ecx, 16
        call    random_below
        mov     [move_from_high], al
        shr     byte [move_from_high], 3
        mov     byte [move_to_high], 0
        cmp     word [move_to], 0
        jne     .end
        far_of  eax, buffer
        mov     [move_to_offset], eax
        cmp     dword [move_length], 2048
        jbe     .end
        or      dword [move_length], 800000h
.end:
        ret

; judge: the code of a refusal, and the registers.
judge:
        mov     al, [in_eax + 1]
        mov     si, results
        mov     bx, 0
.next:
        cmp     byte [si], 0FFh
        je      .found
        cmp     [si], al
        je      .row
        add     si, 2
        jmp     .next
.row:
        mov     bl, [si + 1]
.found:
        or      bl, R_EAX | R_EBX
        mov     [registers_free], bx
        call    judge_registers
        cmp     dword [judged], 0
        je      .registers
        inc     dword [wrong_registers]
.registers:
        inc     dword [accepted_calls]
        cmp     word [out_ax], 0
        jne     .end
        mov     al, [in_eax + 1]
        cmp     al, 7                   ; reports 0 where the line is off
        je      .end
        cmp     word [out_eax + 2], 0   ; 88h, a multiple of 64 MiB: EAX is not 0
        je      .refusal
        cmp     al, 88h
        je      .end
.refusal:
        dec     dword [accepted_calls]
        inc     dword [refused_calls]
        mov     al, [out_bx]
        cmp     al, 80h
        je      .end
        cmp     al, 0A0h
        jb      .wrong
        cmp     al, 0ADh
        jbe     .end
.wrong:
        inc     dword [wrong_codes]
        comment_value "EAX of the call", [in_eax]
        comment_value "its EDX", [in_edx]
        comment_value "EAX after it", [out_eax]
        comment_value "EBX after it", [out_ebx]
.end:
        ret

; remember: the handle that a call returned takes a place of its own, or that of another block, which goes.
remember:
        mov     ecx, OWN
        call    random_below
        add     ax, ax
        mov     bp, ax
        mov     dx, [own + bp]
        mov     ax, [out_dx]
        mov     [own + bp], ax
        test    dx, dx
        jz      .end
.unlock:
        mov     ah, 0Dh
        call    far [xms_entry]
        cmp     ax, 1
        je      .unlock
        mov     [named], dx
        mov     ah, 0Ah
        call    far [xms_entry]
        cmp     ax, 1
        je      was_freed
        inc     dword [lost]
.end:
        ret

; forget: the block [named] is gone.
forget:
        mov     ax, [named]
        mov     bx, own
.next:
        cmp     [bx], ax
        je      .found
        add     bx, 2
        cmp     bx, own + OWN * 2
        jb      .next
        inc     dword [lost]            ; it was given to nobody
        jmp     was_freed
.found:
        mov     word [bx], 0
was_freed:
        mov     ecx, STALE
        call    random_below
        add     ax, ax
        mov     bx, ax
        mov     ax, [named]
        mov     [stale + bx], ax
        ret

; guard_each: calls [pass] with EAX = what each double word of each KiB of the guarded block is made from.
guard_each:
        mov     dword [place], 0
.next:
        call    [pass]
        add     dword [place], 1024
        cmp     dword [place], GUARD_KIB * 1024
        jb      .next
        ret

guard_write:
        mov     di, buffer
        call    .pattern
        far_of  eax, buffer
        set_move 1024, 0, eax, [guard], [place]
        jmp     must_move
; 1 KiB of pattern at DI.
.pattern:
        mov     cx, 256
        mov     eax, [place]
.word:
        imul    eax, eax, 1664525
        add     eax, 1013904223
        stosd
        loop    .word
        ret

guard_check:
        mov     di, check
        call    guard_write.pattern
        far_of  eax, buffer
        set_move 1024, [guard], [place], 0, eax
        call    must_move
        mov     si, buffer
        mov     di, check
        mov     cx, 256
        repe    cmpsd
        je      .end
        inc     dword [wrong_bytes]
.end:
        ret

section .data
; FFh: any but what is kept out.
functions:      db 0, 7, 8, 9, 9, 9, 0Ah, 0Ah, 0Bh, 0Bh, 0Bh, 0Bh, 0Bh, 0Ch, 0Ch, 0Ch, 0Dh, 0Dh, 0Eh, 0Fh, 0Fh
                db 88h, 89h, 89h, 8Eh, 8Fh, 8Fh, 0C8h, 0C9h, 0CBh, 0CBh, 0CCh, 0FFh, 0FFh
functions_end:
; Where DX is a size.
sizes:          db 9, 89h, 0C9h, 0
allocations:    db 9, 89h, 0C9h, 0
; Function, and what it returns beside EAX and EBX.
results:        db 0, R_EDX, 8, R_EDX, 9, R_EDX, 0Ch, R_EDX, 0Eh, R_EDX, 88h, R_EDX | R_ECX, 89h, R_EDX
                db 8Eh, R_EDX | R_ECX, 0C8h, R_EDX, 0C9h, R_EDX, 0CCh, R_EDX, 0FFh
                align 4
edges:          dd 0, 1, 3, 0FFFFFFFFh, 0FFFFFFFEh, 80000000h, 7FFFFFFFh, 3FFFFFh, 400000h, 0FFFF0000h, 10FFF0h
                dd 0FFFFh, 10000h, 4001h, 400h
edges_count     equ ($ - edges) / 4

section .bss
                alignb 4
counts:
accepted_calls: resd 1
refused_calls:  resd 1
wrong_codes:    resd 1
wrong_registers: resd 1
wrong_bytes:    resd 1
lost:           resd 1
own:            resw OWN
stale:          resw STALE
handles:        resd 1
counts_end:
to_go:          resd 1
total:          resd 1
guard_at:       resd 1
place:          resd 1
guard:          resw 1
named:          resw 1
pass:           resw 1
                alignb 4
buffer:         resb 2048
check:          resb 1024

section .text
