; INT 21h 71xxh, long file names, with pointers to a client's extended memory: made, found, described, renamed, removed.
; DOSBox-X has them once it calls itself DOS 7.
; expect: pass
; machines: dosbox-x
; width: 16 32
; autoexec: ver set 7 10
; plan: 22

%include "dpmi.inc"

; put OFFSET, "text": a string in the block.
%macro put 2
  [section .data]
  %%text: db %2, 0
  __?SECT?__
        mov     si, %%text
        mov     di, %1
        call    copy_in
%endmacro

; granted "text": CF is clear.
%macro granted 1
        test    word [out_flags], FLAG_CARRY
        expect_flag z, %1
%endmacro

%define NAME    0
%define OTHER   200h
%define RESULT  400h

main:
        call    enter_protected_mode
        xor     bx, bx                  ; a page of extended memory, which DOS cannot reach
        mov     cx, 1000h
        int31   0501h
        push    bx
        push    cx
        pop     edx
        mov     ecx, 0FFFh
        call    segment_at
        mov     [block], ax

        put     NAME, "C:\A long directory name"
        service 7139h, 21h
        call    with_block
        call    call_service
        granted "7139h makes a directory"
        put     NAME, "C:\A long directory name\A file with a long name.text"
        service 716Ch, 21h
        call    with_block
        mov     word [in_bx], 2         ; read and write
        mov     word [in_cx], 0
        mov     word [in_dx], 12h       ; create or truncate
        set_pointer in_esi, NAME
        call    call_service
        granted "716Ch creates a file"
        mov     bx, [out_ax]
        mov     ah, 3Eh
        int     21h
        expect_flag nc, "3Eh closes it"
        service 7143h, 21h
        call    with_block
        mov     word [in_bx], 0         ; its attributes
        call    call_service
        granted "7143h reads its attributes"

        put     NAME, "C:\A long directory name\*.*"
        put     OTHER, "C:\A long directory name\*.text"
        service 714Eh, 21h
        call    with_block
        mov     word [in_cx], 0
        mov     word [in_si], 1
        set_pointer in_edx, OTHER
        set_pointer in_edi, RESULT
        call    call_service
        granted "714Eh finds it"
        push    word [out_ax]
        put     OTHER, "A file with a long name.text"
        mov     si, RESULT + 2Ch
        mov     di, OTHER
        call    equal
        expect_flag e, "714Eh tells its long name"
        pop     bx
        push    bx
        service 714Fh, 21h
        pop     word [in_bx]
        push    word [in_bx]
        mov     ax, [block]
        mov     [in_ds], ax
        mov     [in_es], ax
        mov     word [in_si], 1
        set_pointer in_edi, RESULT
        call    call_service
        test    word [out_flags], FLAG_CARRY
        expect_flag nz, "714Fh finds no second"
        pop     bx
        mov     ax, 71A1h
        int     21h
        expect_flag nc, "71A1h ends the search"

        put     NAME, "C:\A long directory name\A file with a long name.text"
        put     OTHER, "C:\A long directory name\Quite another long name.text"
        service 7156h, 21h
        call    with_block
        set_pointer in_edi, OTHER
        call    call_service
        granted "7156h renames it"
        put     NAME, "C:\A long directory name"
        service 713Bh, 21h
        call    with_block
        call    call_service
        granted "713Bh changes the directory"
        service 7147h, 21h
        call    with_block
        mov     word [in_dx], 0
        set_pointer in_esi, RESULT
        call    call_service
        granted "7147h tells the current one"
        put     OTHER, "A long directory name"
        mov     si, RESULT
        mov     di, OTHER
        call    equal
        expect_flag e, "7147h has its long name"
        put     NAME, "C:\A long directory name\Quite another long name.text"
        service 7160h, 21h
        call    with_block
        mov     word [in_cx], 2         ; the long name
        set_pointer in_esi, NAME
        set_pointer in_edi, RESULT
        call    call_service
        granted "7160h tells a long path"
        mov     si, RESULT
        mov     di, NAME
        call    equal
        expect_flag e, "7160h has it right"
        service 7160h, 21h
        call    with_block
        mov     word [in_cx], 1         ; the short one
        set_pointer in_esi, NAME
        set_pointer in_edi, RESULT
        call    call_service
        granted "7160h tells a short path"
        put     NAME, "C:\"
        service 713Bh, 21h
        call    with_block
        call    call_service
        granted "713Bh goes back"
        service 71A0h, 21h
        call    with_block
        mov     word [in_cx], 32
        set_pointer in_edi, RESULT
        call    call_service
        granted "71A0h describes the volume"
        mov     ax, [out_cx]
        expect_equal16 ax, 255, "71A0h: names may have 255 characters"

        put     NAME, "C:\A long directory name\Quite another long name.text"
        service 7141h, 21h
        call    with_block
        mov     word [in_si], 0
        call    call_service
        granted "7141h deletes it"
        service 7141h, 21h
        call    with_block
        mov     word [in_si], 0
        call    call_service
        test    word [out_flags], FLAG_CARRY
        expect_flag nz, "7141h: not twice"
        put     NAME, "C:\A long directory name"
        service 713Ah, 21h
        call    with_block
        call    call_service
        granted "713Ah removes the directory"
        service 7143h, 21h
        call    with_block
        mov     word [in_bx], 0
        call    call_service
        test    word [out_flags], FLAG_CARRY
        expect_flag nz, "7143h: it is gone"
        jmp     finish

; with_block: DS = ES = the block, EDX = the name, carry set as DOS wants it.
with_block:
        push    ax
        mov     ax, [block]
        mov     [in_ds], ax
        mov     [in_es], ax
        pop     ax
        set_pointer in_edx, NAME
        ret

; copy_in: the string at SI to the block's DI.
copy_in:
        push    es
        mov     es, [block]
.next:
        lodsb
        stosb
        test    al, al
        jnz     .next
        pop     es
        ret

; equal: ZF where the block's strings at SI and DI are the same, but for case.
equal:
        push    ds
        push    es
        mov     es, [block]
        mov     ds, [block]
.next:
        lodsb
        mov     ah, [es:di]
        inc     di
        call    .upper
        xchg    al, ah
        call    .upper
        cmp     al, ah
        jne     .end
        test    al, al
        jnz     .next
.end:
        pop     es
        pop     ds
        ret
.upper:
        cmp     al, 'a'
        jb      .done
        cmp     al, 'z'
        ja      .done
        sub     al, 20h
.done:
        ret

section .bss
block:            resw 1
