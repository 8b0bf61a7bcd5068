; A call of DOS that makes the swap file, or makes it larger, fails, each of them by turns: the allocation is refused with 8013h,
; what there was stays right, and the next one that does not fail succeeds.
; expect: pass
; machines: qemu bochs dosbox-x
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; timeout: 200
; boot: own
; plan: 36

%include "dpmi.inc"
%include "fill.inc"
%include "paging/ask.inc"

%define ANY 0FFFFh
; A mode: which call, with which CX; the AX that it answers, and whether with CF.
%define MODE_CALL   0
%define MODE_CARRY  1
%define MODE_COUNT  2
%define MODE_ANSWER 4
%define MODE_BYTES  6
%macro failing_call 4
        db      %1, %2
        dw      %3, %4
%endmacro

main:
        call    enter_protected_mode
        call    half_as_many_again
        mov     [more], ecx
        mov     [wanted], eax
        mov     bl, 21h
        int31   0200h
        mov     [old_dos], dx
        mov     [old_dos + 2], cx
        mov     cx, [real_segment]
        mov     dx, dos_hook
        int31   0201h

        mov     word [mode], modes
.making:
        call    ask_in_vain
        cmp     word [mode], modes_end
        jb      .making
        call    ask
        accepted "0501h, when all is well", R_EBX | R_ECX | R_ESI | R_EDI
        call    use_answer
        mov     dword [round], 1
        pass    "filled in order", upwards, fill_page

        ; More than the file has room for, by its steps of 1 MiB.
        add     dword [more], 100h
        mov     eax, [more]
        mov     [wanted], eax
        mov     word [mode], growing
.growing:
        call    ask_in_vain
        cmp     word [mode], modes_end
        jb      .growing
        change  "changed in order", upwards
        call    ask
        accepted "0501h for more, when all is well", R_EBX | R_ECX | R_ESI | R_EDI
        pass    "read in order", upwards, check_page
        mov     bl, 21h
        mov     dx, [old_dos]
        mov     cx, [old_dos + 2]
        int31   0201h
        expect_equal16 [not_made], 0, "each of the calls was made"
        jmp     finish

; ask_in_vain: with the failure of [mode], which is the next one's then.
ask_in_vain:
        mov     bx, [mode]
        mov     word [hits], 0
        mov     byte [failing], 1
        call    ask
        mov     byte [failing], 0
        cmp     word [hits], 1
        adc     word [not_made], 0
        refused "0501h, while a call of DOS fails", 8013h
        add     word [mode], MODE_BYTES
        ret

dos_hook:
        cmp     byte [cs:failing], 0
        je      .chain
        push    bx
        mov     bx, [cs:mode]
        cmp     ah, [cs:bx + MODE_CALL]
        jne     .other
        cmp     word [cs:bx + MODE_COUNT], ANY
        je      .fails
        cmp     cx, [cs:bx + MODE_COUNT]
        je      .fails
.other:
        pop     bx
.chain:
        jmp     far [cs:old_dos]
.fails:
        inc     word [cs:hits]
        mov     ax, [cs:bx + MODE_ANSWER]
        mov     bl, [cs:bx + MODE_CARRY]
        push    bp
        mov     bp, sp
        and     byte [bp + 8], 0FFh - FLAG_CARRY
        or      [bp + 8], bl
        pop     bp
        pop     bx
        iret

section .data
modes:
        failing_call 3Ch, FLAG_CARRY, ANY, 5         ; the file cannot be made
        failing_call 40h, 0, 20h, 10h                ; its header is written in part
growing:
        failing_call 36h, 0, ANY, 0FFFFh             ; the drive does not answer
        failing_call 42h, FLAG_CARRY, ANY, 6         ; no way to the new end
        failing_call 40h, FLAG_CARRY, 1, 5           ; the last byte
        failing_call 40h, 0, 1, 0                    ; the disk is full
        failing_call 40h, FLAG_CARRY, 20h, 5         ; the header
        failing_call 68h, FLAG_CARRY, ANY, 5         ; the directory entry
modes_end:

section .bss
                  alignb 4
old_dos:          resw 2
more:             resd 1
mode:             resw 1
hits:             resw 1
not_made:         resw 1
failing:          resb 1
section .text
