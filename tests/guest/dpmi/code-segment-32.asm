; A client in a 32-bit code segment with a 32-bit stack above 64 KiB (what DJGPP
; programs are): INT 31h, reflection, exceptions and IRQs with ESP over 64 KiB.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 32
; plan: 10
; service: 0009

%include "dpmi.inc"

%define STACK_BLOCK 30000h

main:
        call    enter_protected_mode
        ; a 32-bit code segment over the program
        xor     ax, ax
        call    linear_of
        mov     edx, eax
        mov     ecx, 0FFFFh
        call    segment_at
        mov     [code32], ax
        mov     bx, ax
        mov     cx, 40FAh
        int31   0009h
        expect_flag nc, "0009h makes a 32-bit code segment"
        movzx   ebx, word [code32]
        lar     eax, ebx
        test    eax, 400000h
        expect_flag nz, "its D bit is set"

        ; a 32-bit stack in a block of its own
        mov     bx, STACK_BLOCK >> 16
        xor     cx, cx
        int31   0501h
        push    bx
        push    cx
        pop     edx
        mov     ecx, STACK_BLOCK - 1
        call    segment_at
        mov     [stack32], ax
        mov     bx, ax
        push    ds
        pop     es
        mov     edi, descriptor
        int31   000Bh
        or      byte [descriptor + 6], 40h
        int31   000Ch
        expect_flag nc, "000Ch makes a 32-bit stack segment"

        mov     bl, 60h
        mov     cx, [real_segment]
        mov     dx, real_interrupt
        int31   0201h
        set_handler 0203h, 06h, invalid_opcode
        mov     [stack16], ss
        mov     [stack16_esp], esp
        mov     bx, 40h
        int31   0002h
        mov     fs, ax
        mov     ss, [stack32]
        mov     esp, STACK_BLOCK - 4
        push    dword 0BADC0DEh
        movzx   eax, word [code32]
        push    eax
        push    dword in_32_bits
        o32 retf

bits 32
in_32_bits:
        mov     [esp_before], esp
        mov     eax, 0400h
        int     31h
        mov     [version], ax
        mov     ebx, 0
        int     60h
        mov     [reflected], ebx
.faulting:
        ud2
        mov     ax, [fs:46Ch - 400h]
        mov     ecx, 20000000h
.tick:
        cmp     ax, [fs:46Ch - 400h]
        jne     .ticked
        dec     ecx
        jnz     .tick
.ticked:
        mov     [ticked], ecx
        mov     [esp_after], esp
        movzx   eax, word [entry_cs]
        push    eax
        push    dword back_in_16_bits
        retf
bits 16

back_in_16_bits:
        pop     dword [stack_word]
        mov     ss, [stack16]
        mov     esp, [stack16_esp]
        expect_equal16 [version], [host_version], "INT 31h from 32-bit code"
        expect_equal [reflected], 12345678h, "an interrupt reflected from 32-bit code"
        expect_equal16 [faults], 1, "an exception in 32-bit code reaches the handler"
        expect_equal [fault_ip], in_32_bits.faulting, "its frame holds the address"
        cmp     dword [ticked], 0
        expect_flag ne, "the clock moves while 32-bit code waits"
        mov     eax, [esp_before]
        expect_equal [esp_after], eax, "ESP above 64 KiB comes through all that"
        expect_equal [stack_word], 0BADC0DEh, "so does what is on the stack"
        jmp     finish

; The frame lies in the host's stack; a 16-bit client's holds 16 bits of EIP.
invalid_opcode:
        push    ds
        push    eax
        push    ebp
        mov     ds, [cs:data_selector]
        frame_base
        inc     word [faults]
        movzx   eax, word [ss:ebp + 10 + EXCEPTION_IP]
        mov     [fault_ip], eax
        add     word [ss:ebp + 10 + EXCEPTION_IP], 2
        pop     ebp
        pop     eax
        pop     ds
        far_return

real_interrupt:
        mov     ebx, 12345678h
        iret

section .bss
             alignb 4
descriptor:  resb 8
stack16_esp: resd 1
esp_before:  resd 1
esp_after:   resd 1
stack_word:  resd 1
reflected:   resd 1
fault_ip:    resd 1
ticked:      resd 1
code32:      resw 1
stack32:     resw 1
stack16:     resw 1
version:     resw 1
faults:      resw 1
