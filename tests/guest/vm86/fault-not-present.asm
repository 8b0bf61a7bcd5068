; A client that dies of a segment that is not present, on a stack of its own.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; contains: exception 0Bh
; plan: 16
; timeout: 60

%include "vm86/victim.inc"

child_ends:
        mov     ecx, 0FFFh
        xor     edx, edx
        call    segment_at
        mov     bx, ax
        lar     cx, ax
        mov     cl, ch
        and     cx, 7Fh                 ; not present
        int31   0009h
        mov     fs, bx
        jmp     $
