; INT 15h C0h, C1h, E820h, 88h ("MS-DOS" extension): what the BIOS tells, as in real mode; the memory map's entries in the client's own memory, 32-bit
; registers whole for a 32-bit client.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 28

%include "dpmi.inc"
%define ARENA 200h
%include "dos/twice.inc"

ENTRY   equ 100h

section .data
steps:
        step "C0h: the system's configuration", 15h, 0C000h
        step "C1h: the extended BIOS data area", 15h, 0C100h
        step "88h: extended memory", 15h, 8800h
%rep 8
        step "E820h: a piece of memory", 15h, 0E820h, 0, 24, 0, 0, ENTRY, 0, 0, piece
%endrep
        step "E820h: in 20 bytes at the segment's end", 15h, 0E820h, 0, 20, 0, 0, ARENA - 20, 0, 0, piece
        step "E820h: without the signature", 15h, 0E820h, 0, 20, 0, 0, ENTRY
        step "C2FFh: no such function", 15h, 0C2FFh
steps_end:

contents:
        times   200h db 66h
contents_end:
unsteady:
        dw      -1

section .text
between:
        mov     dword [continuation], 0
        ret
; The next piece: EBX of the last answer.
piece:
        mov     dword [in_eax], 0E820h
        mov     dword [in_ecx], 24
        mov     dword [in_edx], 'PAMS'
        cmp     word [in_di], ENTRY
        je      .size
        mov     dword [in_ecx], 20
.size:
        cmp     dword [continuation], 0
        je      .first
        mov     eax, [out_ebx]
        mov     [in_ebx], eax
        ret
.first:
        inc     dword [continuation]
        mov     dword [in_ebx], 0
        ret

section .bss
                alignb 4
continuation:   resd 1
in_di           equ in_edi
section .data
