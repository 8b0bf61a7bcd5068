; INT 15h 88h, E801h and E820h seen by real-mode code while a client is active: the same
; as without one.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 12

%include "vm86/realwork.inc"

%define KIB        0                    ; 88h: AX
%define KIB_FLAGS  2
%define E801_AX    4
%define E801_BX    6
%define E801_CX    8
%define E801_DX    10
%define E801_FLAGS 12
%define MAP_COUNT  14
%define MAP_SUM    16                   ; dword: rotating sum over all entries
%define MAP_LOW    20                   ; dword: length of the first usable range
%define MAP_END    24                   ; 1 where the list came to its end

main:
        call    run_both
        mov     si, observations
        mov     di, observations_before
        expect_equal16 [si + KIB], [di + KIB], "88h says the same"
        expect_equal16 [si + KIB_FLAGS], [di + KIB_FLAGS], "88h's carry is the same"
        expect_equal16 [si + E801_FLAGS], [di + E801_FLAGS], "E801h's carry is the same"
        expect_equal16 [si + E801_AX], [di + E801_AX], "E801h's AX is the same"
        expect_equal16 [si + E801_BX], [di + E801_BX], "E801h's BX is the same"
        expect_equal16 [si + E801_CX], [di + E801_CX], "E801h's CX is the same"
        expect_equal16 [si + E801_DX], [di + E801_DX], "E801h's DX is the same"
        expect_equal16 [si + MAP_COUNT], [di + MAP_COUNT], "E820h has as many ranges"
        mov     eax, [di + MAP_SUM]
        expect_equal [si + MAP_SUM], eax, "E820h's ranges are the same"
        mov     eax, [di + MAP_LOW]
        expect_equal [si + MAP_LOW], eax, "E820h's first range is as long"
        expect_equal16 [si + MAP_END], [di + MAP_END], "E820h's list ends as before"
        jmp     finish

real_work:
        mov     si, observations
        mov     ah, 88h
        clc
        int     15h
        mov     [si + KIB], ax
        setc    [si + KIB_FLAGS]

        mov     ax, 0E801h
        xor     bx, bx
        xor     cx, cx
        xor     dx, dx
        clc
        int     15h
        setc    [si + E801_FLAGS]
        jc      .no_e801
        mov     [si + E801_AX], ax
        mov     [si + E801_BX], bx
        mov     [si + E801_CX], cx
        mov     [si + E801_DX], dx
.no_e801:

        xor     ebx, ebx
.next:
        mov     eax, 0E820h
        mov     edx, 534D4150h
        mov     ecx, 20
        mov     di, range
        int     15h
        jc      .end
        cmp     eax, 534D4150h
        jne     .end
        cmp     word [si + MAP_COUNT], 0
        jne     .not_first
        mov     eax, [range + 8]
        mov     [si + MAP_LOW], eax
.not_first:
        inc     word [si + MAP_COUNT]
        xor     di, di
.sum:
        mov     eax, [si + MAP_SUM]
        rol     eax, 5
        add     eax, [range + di]
        mov     [si + MAP_SUM], eax
        add     di, 4
        cmp     di, 20
        jb      .sum
        test    ebx, ebx
        jz      .whole
        cmp     word [si + MAP_COUNT], 64
        jb      .next
.whole:
        mov     word [si + MAP_END], 1
.end:
        ret

section .bss
        alignb 4
range:  resb 20
