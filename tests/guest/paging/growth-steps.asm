; The swap file grows at its end, however large it is: DOS does not follow the whole of its cluster chain each time, as it did
; where programs take memory block after block until there is none (The Need for Speed took a minute for it). Judged by the
; sectors that DOS reads for the last of twenty blocks and for an early one; without sectors (DOSBox-X) there is nothing to count.
; expect: pass
; machines: qemu bochs
; host-args: /MEM=2M /SWAP=C:\
; width: 16 32
; timeout: 120
; boot: own
; plan: 3

%include "dpmi.inc"

%define BLOCKS 20
%define MIB    2                        ; of each
%define EARLY  3                        ; DOS's buffers are full then
; Its part of the file allocation table is 8 sectors for clusters of 1 KiB; the chain of 38 MiB is 152.
%define MORE   24

main:
        call    enter_protected_mode
        mov     bl, 13h
        int31   0200h
        mov     [old_disk], dx
        mov     [old_disk + 2], cx
        mov     cx, [real_segment]
        mov     dx, disk_hook
        int31   0201h

        xor     si, si
.allocate:
        mov     dword [read], 0
        push    si
        mov     bx, (MIB * 100000h) >> 16
        xor     cx, cx
        int31   0501h
        pop     si
        jc      .end
        inc     si
        mov     eax, [read]
        cmp     si, EARLY
        jne     .later
        mov     [early], eax
.later:
        mov     [last], eax
        cmp     si, BLOCKS
        jb      .allocate
.end:
        mov     [blocks], si
        mov     bl, 13h
        mov     dx, [old_disk]
        mov     cx, [old_disk + 2]
        int31   0201h

        expect_equal16 [blocks], BLOCKS, "as many blocks as asked for"
        mov     eax, [early]
        test    eax, eax
        expect_flag nz, "DOS reads sectors when the file grows"
        mov     eax, [early]
        add     eax, MORE
        cmp     eax, [last]
        expect_flag ae, "DOS reads not many more sectors for the last one"
        jmp     finish

; Real mode: counts the sectors that are read.
disk_hook:
        cmp     ah, 42h
        je      .packet
        cmp     ah, 02h
        jne     .chain
        push    ax
        xor     ah, ah
        add     [cs:read], ax
        pop     ax
        jmp     .chain
.packet:
        push    ax
        mov     ax, [si + 2]
        add     [cs:read], ax
        pop     ax
.chain:
        jmp     far [cs:old_disk]

section .bss
          alignb 4
old_disk: resw 2
read:     resd 1
early:    resd 1
last:     resd 1
blocks:   resw 1
