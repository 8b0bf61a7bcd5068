; Pointers of the calls that DOS, the BIOS and drivers may not have, or not always ("MS-DOS" extension): a real-mode handler of this
; program's stands in for them. What lies where a client's pointer leads, in extended memory, has to be where the handler's
; leads, to the last byte; what the handler writes comes back, and nothing behind it; the registers are the client's but for what
; the service returns in them.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 86

%include "dpmi.inc"

SEG_DS  equ 0
SEG_ES  equ 1

R_BX    equ out_ebx - out_eax
R_DX    equ out_edx - out_eax
R_SI    equ out_esi - out_eax
R_DI    equ out_edi - out_eax
R_BP    equ out_ebp - out_eax

TEXT_IN    equ 1                        ; zero-ended
TEXT_OUT   equ 2
TWO_TEXTS  equ 4                        ; a zero HALF bytes before the end, too

HALF    equ 40

RETURNS_DX equ 1                        ; DX is a result

FIRST   equ 1000h                       ; where the pointers lead
SECOND  equ 3000h

; call INTERRUPT, AX, BX, CX, DX, FLAGS, AX that the handler returns, "text"
%macro call_of 8
        dw      %2, %3, %4, %5, %7
        db      %1, %6
    [section .data.text]
%%text: db %8, 0
    __?SECT?__
        dw      %%text
%endmacro
; pointer SEGMENT, REGISTER, BYTES IN, BYTES OUT, KIND
%macro pointer 5
        db      %1, %2
        dw      %3, %4
        db      %5
%endmacro
%macro no_pointer 0
        pointer 0FFh, 0, 0, 0, 0
%endmacro

CALL_AX         equ 0
CALL_BX         equ 2
CALL_CX         equ 4
CALL_DX         equ 6
CALL_RETURNS    equ 8
CALL_INTERRUPT  equ 10
CALL_FLAGS      equ 11
CALL_TEXT       equ 12
CALL_FIRST      equ 14
CALL_SECOND     equ 21
CALL_BYTES      equ 28

POINTER_SEGMENT equ 0
POINTER_REGISTER equ 1
POINTER_IN      equ 2
POINTER_OUT     equ 4
POINTER_KIND    equ 6

section .data.text progbits follows=.data
section .data
                align 4
calls:
        call_of 21h, 0A00h, 0, 0, 0, 0, 0A00h, "21h 0Ah: a line"
        pointer SEG_DS, R_DX, 0, 12, 0
        no_pointer
        call_of 21h, 0C0Ah, 0, 0, 0, 0, 0C00h, "21h 0C0Ah: a line, the buffer flushed"
        pointer SEG_DS, R_DX, 0, 12, 0
        no_pointer
        call_of 21h, 3800h, 0, 0, 0, 0, 1, "21h 3800h: a country"
        pointer SEG_DS, R_DX, 0, 34, 0
        no_pointer
        call_of 21h, 4402h, 5, 20, 0, 0, 20, "21h 4402h: from a character device"
        pointer SEG_DS, R_DX, 0, 20, 0
        no_pointer
        call_of 21h, 4402h, 5, 20, 0, 0, 7, "21h 4402h: less than asked for"
        pointer SEG_DS, R_DX, 0, 7, 0
        no_pointer
        call_of 21h, 4403h, 5, 300, 0, 0, 300, "21h 4403h: to a character device"
        pointer SEG_DS, R_DX, 300, 0, 0
        no_pointer
        call_of 21h, 4404h, 5, 600, 0, 0, 600, "21h 4404h: from a drive"
        pointer SEG_DS, R_DX, 0, 600, 0
        no_pointer
        call_of 21h, 4405h, 5, 1, 0, 0, 1, "21h 4405h: to a drive"
        pointer SEG_DS, R_DX, 1, 0, 0
        no_pointer
        call_of 21h, 440Ch, 1, 037Fh, 0, 0, 0, "21h 440Ch 037Fh: a display's mode"
        pointer SEG_DS, R_DX, 18, 18, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0840h, 0, 0, 0, "21h 440Dh 40h: a drive's parameters, in"
        pointer SEG_DS, R_DX, 100, 0, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0842h, 0, 0, 0, "21h 440Dh 42h: format a track"
        pointer SEG_DS, R_DX, 9, 0, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0846h, 0, 0, 0, "21h 440Dh 46h: a serial number, in"
        pointer SEG_DS, R_DX, 25, 0, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0847h, 0, 0, 0, "21h 440Dh 47h: an access flag, in"
        pointer SEG_DS, R_DX, 2, 0, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0848h, 0, 0, 0, "21h 440Dh 48h: a medium is locked"
        pointer SEG_DS, R_DX, 2, 2, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0860h, 0, 0, 0, "21h 440Dh 60h: a drive's parameters"
        pointer SEG_DS, R_DX, 7, 100, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0862h, 0, 0, 0, "21h 440Dh 62h: verify a track"
        pointer SEG_DS, R_DX, 9, 0, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0866h, 0, 0, 0, "21h 440Dh 66h: a serial number"
        pointer SEG_DS, R_DX, 2, 25, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0867h, 0, 0, 0, "21h 440Dh 67h: an access flag"
        pointer SEG_DS, R_DX, 2, 2, 0
        no_pointer
        call_of 21h, 440Dh, 3, 0868h, 0, 0, 0, "21h 440Dh 68h: the medium's type"
        pointer SEG_DS, R_DX, 2, 2, 0
        no_pointer
        call_of 21h, 440Dh, 3, 086Dh, 0, 0, 1, "21h 440Dh 6Dh: the name of an open file"
        pointer SEG_DS, R_DX, 0, 200, TEXT_OUT
        no_pointer
        call_of 21h, 440Dh, 3, 086Eh, 0, 0, 1, "21h 440Dh 6Eh: the swap file's name"
        pointer SEG_DS, R_DX, 0, 200, TEXT_OUT
        no_pointer
        call_of 21h, 440Dh, 3, 086Fh, 0, 0, 0, "21h 440Dh 6Fh: a drive's place in the map"
        pointer SEG_DS, R_DX, 16, 16, 0
        no_pointer
        call_of 21h, 440Dh, 0, 0871h, 0, RETURNS_DX, 1234h, "21h 440Dh 71h: a file's first cluster, in DX:AX"
        pointer SEG_DS, R_DX, 200, 0, TEXT_IN
        no_pointer
        call_of 21h, 440Dh, 3, 486Dh, 0, 0, 1, "21h 440Dh 486Dh: the same for FAT32 drives"
        pointer SEG_DS, R_DX, 0, 200, TEXT_OUT
        no_pointer
        call_of 21h, 5300h, 0, 0, 0, 0, 0, "21h 53h: a drive's block from a BIOS block"
        pointer SEG_DS, R_SI, 31, 0, 0
        pointer SEG_ES, R_BP, 61, 61, 0
        call_of 21h, 5D00h, 0, 0, 0, 0, 0, "21h 5D00h: another computer's call"
        pointer SEG_DS, R_DX, 22, 22, 0
        no_pointer
        call_of 21h, 5D0Ah, 0, 0, 0, 0, 0, "21h 5D0Ah: the extended error, in"
        pointer SEG_DS, R_DX, 22, 0, 0
        no_pointer
        call_of 21h, 5E00h, 0, 0, 0, 0, 0, "21h 5E00h: the machine's name"
        pointer SEG_DS, R_DX, 0, 16, 0
        no_pointer
        call_of 21h, 5E01h, 0, 0, 0, 0, 0, "21h 5E01h: the machine's name, in"
        pointer SEG_DS, R_DX, 16, 0, TEXT_IN
        no_pointer
        call_of 21h, 5E02h, 0, 40, 0, 0, 0, "21h 5E02h: a printer's setup, in"
        pointer SEG_DS, R_SI, 40, 0, 0
        no_pointer
        call_of 21h, 5E03h, 0, 0, 0, 0, 0, "21h 5E03h: a printer's setup"
        pointer SEG_ES, R_DI, 0, 64, 0
        no_pointer
        call_of 21h, 5F02h, 0, 0, 0, 0, 0, "21h 5F02h: an entry of the redirection list"
        pointer SEG_DS, R_SI, 0, 16, TEXT_OUT
        pointer SEG_ES, R_DI, 0, 100, TEXT_OUT
        call_of 21h, 5F03h, 3, 0, 0, 0, 0, "21h 5F03h: redirect"
        pointer SEG_DS, R_SI, 16, 0, TEXT_IN
        pointer SEG_ES, R_DI, 100, 0, TEXT_IN | TWO_TEXTS
        call_of 21h, 5F04h, 0, 0, 0, 0, 0, "21h 5F04h: end a redirection"
        pointer SEG_DS, R_SI, 128, 0, TEXT_IN
        no_pointer
        call_of 21h, 5F05h, 0, 0, 0, 0, 0, "21h 5F05h: a longer entry of the list"
        pointer SEG_DS, R_SI, 0, 16, TEXT_OUT
        pointer SEG_ES, R_DI, 0, 128, TEXT_OUT
        call_of 21h, 6500h, 0, 40, 0, 0, 0, "21h 6500h: national information, in"
        pointer SEG_ES, R_DI, 40, 0, 0
        no_pointer
        call_of 21h, 6501h, -1, 41, -1, 0, 0, "21h 6501h: national information"
        pointer SEG_ES, R_DI, 0, 41, 0
        no_pointer
        call_of 21h, 6506h, -1, 5, -1, 0, 0, "21h 6506h: the collating table's place"
        pointer SEG_ES, R_DI, 0, 5, 0
        no_pointer
        call_of 21h, 6521h, 0, 700, 0, 0, 0, "21h 6521h: a string in capitals"
        pointer SEG_DS, R_DX, 700, 700, 0
        no_pointer
        call_of 21h, 6522h, 0, 0, 0, 0, 0, "21h 6522h: a zero-ended string in capitals"
        pointer SEG_DS, R_DX, 800, 800, TEXT_IN | TEXT_OUT
        no_pointer
        call_of 21h, 65A1h, 0, 70, 0, 0, 0, "21h 65A1h: a name in capitals"
        pointer SEG_DS, R_DX, 70, 70, 0
        no_pointer
        call_of 21h, 65A2h, 0, 0, 0, 0, 0, "21h 65A2h: a zero-ended name in capitals"
        pointer SEG_DS, R_DX, 80, 80, TEXT_IN | TEXT_OUT
        no_pointer
        call_of 21h, 6900h, 3, 0, 0, 0, 0, "21h 6900h: a serial number"
        pointer SEG_DS, R_DX, 25, 25, 0
        no_pointer
        call_of 21h, 6901h, 3, 0, 0, 0, 0, "21h 6901h: a serial number, in"
        pointer SEG_DS, R_DX, 25, 0, 0
        no_pointer
        call_of 21h, 7139h, 0, 0, 0, 0, 0, "21h 7139h: make a directory"
        pointer SEG_DS, R_DX, 261, 0, TEXT_IN
        no_pointer
        call_of 21h, 7143h, 4, 0, 0, 0, 0, "21h 7143h: a file's times"
        pointer SEG_DS, R_DX, 100, 0, TEXT_IN
        no_pointer
        call_of 21h, 7147h, 0, 0, 0, 0, 0, "21h 7147h: the directory"
        pointer SEG_DS, R_SI, 0, 261, TEXT_OUT
        no_pointer
        call_of 21h, 714Eh, 0, 0, 1, 0, 7, "21h 714Eh: find the first"
        pointer SEG_DS, R_DX, 200, 0, TEXT_IN
        pointer SEG_ES, R_DI, 0, 318, 0
        call_of 21h, 714Fh, 7, 0, 1, 0, 0, "21h 714Fh: find the next"
        pointer SEG_ES, R_DI, 318, 318, 0
        no_pointer
        call_of 21h, 7156h, 0, 0, 0, 0, 0, "21h 7156h: rename"
        pointer SEG_DS, R_DX, 261, 0, TEXT_IN
        pointer SEG_ES, R_DI, 261, 0, TEXT_IN
        call_of 21h, 7160h, 0, 8001h, 0, 0, 0, "21h 7160h: a full name"
        pointer SEG_DS, R_SI, 261, 0, TEXT_IN
        pointer SEG_ES, R_DI, 0, 261, TEXT_OUT
        call_of 21h, 71A0h, 0, 32, 0, RETURNS_DX, 0, "21h 71A0h: a drive's file system, path length in DX"
        pointer SEG_DS, R_DX, 4, 0, TEXT_IN
        pointer SEG_ES, R_DI, 0, 32, 0
        call_of 21h, 71A6h, 5, 0, 0, 0, 0, "21h 71A6h: what a handle's file is"
        pointer SEG_DS, R_DX, 0, 52, 0
        no_pointer
        call_of 21h, 71A7h, 0, 0, 0, RETURNS_DX, 0, "21h 71A7h BL=0: a file time to DOS's, in DX"
        pointer SEG_DS, R_SI, 8, 0, 0
        no_pointer
        call_of 21h, 71A7h, 1, 0, 0, 0, 0, "21h 71A7h BL=1: DOS's time to a file time"
        pointer SEG_ES, R_DI, 0, 8, 0
        no_pointer
        call_of 21h, 71A8h, 0, 0, 0, 0, 0, "21h 71A8h: a short name"
        pointer SEG_DS, R_SI, 261, 0, TEXT_IN
        pointer SEG_ES, R_DI, 0, 13, 0
        call_of 21h, 71A9h, 0, 0, 1, 0, 5, "21h 71A9h: create or open on a server"
        pointer SEG_DS, R_SI, 261, 0, TEXT_IN
        no_pointer
        call_of 21h, 71AAh, 3, 0, 0, 0, 0, "21h 71AAh BH=0: a directory becomes a drive"
        pointer SEG_DS, R_DX, 100, 0, TEXT_IN
        no_pointer
        call_of 21h, 71AAh, 0203h, 0, 0, 0, 0, "21h 71AAh BH=2: which directory it is"
        pointer SEG_DS, R_DX, 0, 100, TEXT_OUT
        no_pointer
        call_of 21h, 7304h, 0, 24, 3, 0, 0, "21h 7304h: change a drive's parameters"
        pointer SEG_ES, R_DI, 24, 24, 0
        no_pointer
        call_of 10h, 1002h, 0, 0, 0, 0, 0, "10h 1002h: a palette, in"
        pointer SEG_ES, R_DX, 17, 0, 0
        no_pointer
        call_of 10h, 1009h, 0, 0, 0, 0, 0, "10h 1009h: the palette"
        pointer SEG_ES, R_DX, 0, 17, 0
        no_pointer
        call_of 10h, 1012h, 0, 256, 0, 0, 0, "10h 1012h: colours, in"
        pointer SEG_ES, R_DX, 768, 0, 0
        no_pointer
        call_of 10h, 1017h, 0, 256, 0, 0, 0, "10h 1017h: colours"
        pointer SEG_ES, R_DX, 0, 768, 0
        no_pointer
        call_of 10h, 1100h, 1000h, 256, 0, 0, 0, "10h 1100h: a font, in"
        pointer SEG_ES, R_BP, 4096, 0, 0
        no_pointer
        call_of 10h, 1110h, 0800h, 128, 0, 0, 0, "10h 1110h: a font, in, and the display set for it"
        pointer SEG_ES, R_BP, 1024, 0, 0
        no_pointer
        call_of 10h, 1301h, 0, 80, 0, 0, 0, "10h 1301h: a string"
        pointer SEG_ES, R_BP, 80, 0, 0
        no_pointer
        call_of 10h, 1303h, 0, 80, 0, 0, 0, "10h 1303h: a string with attributes"
        pointer SEG_ES, R_BP, 160, 0, 0
        no_pointer
        call_of 10h, 1B00h, 0, 0, 0, 0, 1B1Bh, "10h 1Bh: the display's state"
        pointer SEG_ES, R_DI, 0, 64, 0
        no_pointer
        call_of 10h, 4F00h, 0, 0, 0, 0, 4Fh, "10h 4F00h: VESA's information"
        pointer SEG_ES, R_DI, 512, 512, 0
        no_pointer
        call_of 10h, 4F01h, 0, 4101h, 0, 0, 4Fh, "10h 4F01h: a VESA mode's"
        pointer SEG_ES, R_DI, 0, 256, 0
        no_pointer
        call_of 10h, 4F09h, 0, 256, 0, 0, 4Fh, "10h 4F09h BL=0: colours, in"
        pointer SEG_ES, R_DI, 1024, 0, 0
        no_pointer
        call_of 10h, 4F09h, 1, 256, 0, 0, 4Fh, "10h 4F09h BL=1: colours"
        pointer SEG_ES, R_DI, 0, 1024, 0
        no_pointer
        call_of 10h, 4F15h, 1, 0, 0, 0, 4Fh, "10h 4F15h: what the monitor says"
        pointer SEG_ES, R_DI, 0, 128, 0
        no_pointer
        call_of 13h, 0203h, 0, 1, 80h, 0, 3, "13h 02h: sectors"
        pointer SEG_ES, R_BX, 0, 1536, 0
        no_pointer
        call_of 13h, 0303h, 0, 1, 80h, 0, 3, "13h 03h: sectors, in"
        pointer SEG_ES, R_BX, 1536, 0, 0
        no_pointer
        call_of 13h, 0512h, 0, 1, 0, 0, 0, "13h 05h: format a track"
        pointer SEG_ES, R_BX, 72, 0, 0
        no_pointer
        call_of 2Fh, 1501h, 0, 0, 0, 0, 1501h, "2Fh 1501h: CD drivers"
        pointer SEG_ES, R_BX, 0, 130, 0
        no_pointer
        call_of 2Fh, 1502h, 0, 3, 0, 0, 1502h, "2Fh 1502h: a CD's copyright file"
        pointer SEG_ES, R_BX, 0, 38, 0
        no_pointer
        call_of 2Fh, 1504h, 0, 3, 0, 0, 1504h, "2Fh 1504h: its documentation file"
        pointer SEG_ES, R_BX, 0, 38, 0
        no_pointer
        call_of 2Fh, 1505h, 0, 3, 0, 0, 1, "2Fh 1505h: its table of contents"
        pointer SEG_ES, R_BX, 0, 2048, 0
        no_pointer
        call_of 2Fh, 1508h, 0, 3, 2, 0, 1508h, "2Fh 1508h: its sectors"
        pointer SEG_ES, R_BX, 0, 4096, 0
        no_pointer
        call_of 2Fh, 150Dh, 0, 0, 0, 0, 150Dh, "2Fh 150Dh: the drive letters"
        pointer SEG_ES, R_BX, 0, 26, 0
        no_pointer
        call_of 33h, 0009h, 5, 5, 0, 0, 9, "33h 09h: a cursor, in"
        pointer SEG_ES, R_DX, 64, 0, 0
        no_pointer
        call_of 33h, 0016h, 500, 0, 0, 0, 16h, "33h 16h: the driver's state"
        pointer SEG_ES, R_DX, 0, 500, 0
        no_pointer
        call_of 33h, 0017h, 500, 0, 0, 0, 17h, "33h 17h: the driver's state, in"
        pointer SEG_ES, R_DX, 500, 0, 0
        no_pointer
calls_end:
CALLS   equ (calls_end - calls) / CALL_BYTES

section .text
main:
        call    enter_protected_mode
        mov     bx, 1
        xor     cx, cx
        int31   0501h
        push    bx
        push    cx
        pop     edx
        mov     ecx, 0FFFFh
        call    segment_at
        mov     [far_segment], ax
        mov     di, vectors
.hook:
        mov     bl, [di]
        int31   0200h
        mov     [di + 2], dx
        mov     [di + 4], cx
        mov     dx, [di + 6]
        mov     cx, [real_segment]
        int31   0201h
        add     di, 8
        cmp     di, vectors_end
        jb      .hook

        mov     word [this], calls
.next:
        add     byte [bytes_in + 1], 13 ; or another call's would do
        add     byte [bytes_out + 1], 29
        call    one_call
        push    dword [judged]
        push    dword 0
        mov     bx, [this]
        push    word [bx + CALL_TEXT]
        call    report_equal
        add     word [this], CALL_BYTES
        cmp     word [this], calls_end
        jb      .next
        mov     di, vectors
.unhook:
        mov     bl, [di]
        mov     dx, [di + 2]
        mov     cx, [di + 4]
        int31   0201h
        add     di, 8
        cmp     di, vectors_end
        jb      .unhook
        jmp     finish

NOT_CALLED      equ 1
WRONG_IN        equ 2
WRONG_OUT       equ 4
BEYOND          equ 8
FAILED          equ 10h

; one_call: the call at [this]. Fills [judged]: the bits above, and the registers that changed, from bit 16 on.
one_call:
        push    es
        mov     bx, [this]
        service 0, 31h
        mov     al, [bx + CALL_INTERRUPT]
        mov     [service_interrupt], al
        mov     ax, [bx + CALL_AX]
        mov     [in_eax], ax
        mov     ax, [bx + CALL_BX]
        mov     [in_ebx], ax
        mov     ax, [bx + CALL_CX]
        mov     [in_ecx], ax
        mov     ax, [bx + CALL_DX]
        mov     [in_edx], ax
        and     word [in_flags], 0FFFFh ^ FLAG_CARRY
        ; the far memory: what lies behind, and what goes in
        mov     es, [far_segment]
        xor     di, di
        mov     cx, 2000h
        mov     al, 0EEh
        mov     ah, al
        rep     stosw
        lea     si, [bx + CALL_FIRST]
        mov     di, FIRST
        call    give_pointer
        mov     bx, [this]
        lea     si, [bx + CALL_SECOND]
        mov     di, SECOND
        call    give_pointer
        ; a line's first byte is its room
        mov     bx, [this]
        cmp     byte [bx + CALL_AX + 1], 0Ah
        je      .line
        cmp     word [bx + CALL_AX], 0C0Ah
        jne     .no_line
.line:
        mov     byte [es:FIRST], 10
.no_line:
        mov     dword [judged], 0
        mov     byte [wrong_in], 0
        mov     byte [called], 0
        mov     byte [armed], 1
        call    call_service
        mov     byte [armed], 0

        mov     bx, [this]
        mov     word [registers_free], R_EAX
        test    byte [bx + CALL_FLAGS], RETURNS_DX
        jz      .kept
        mov     word [registers_free], R_EAX | R_EDX
.kept:
        call    judge_registers
        shl     dword [judged], 16
        cmp     byte [called], 1
        je      .was_called
        or      byte [judged], NOT_CALLED
.was_called:
        cmp     byte [wrong_in], 0
        je      .right_in
        or      byte [judged], WRONG_IN
.right_in:
        mov     bx, [this]
        mov     ax, [bx + CALL_RETURNS]
        cmp     ax, [out_eax]
        jne     .failed
        test    byte [out_flags], FLAG_CARRY
        jnz     .failed
        test    byte [bx + CALL_FLAGS], RETURNS_DX
        jz      .no_failure
        cmp     word [out_edx], 5A5Ah
        je      .no_failure
.failed:
        or      byte [judged], FAILED
.no_failure:
        lea     si, [bx + CALL_FIRST]
        mov     di, FIRST
        call    judge_pointer
        mov     bx, [this]
        lea     si, [bx + CALL_SECOND]
        mov     di, SECOND
        call    judge_pointer
        pop     es
        ret

; give_pointer: SI = a pointer's description, DI = where it leads in ES. Sets the registers of the image, and lays out what goes in.
give_pointer:
        cmp     byte [si + POINTER_SEGMENT], 0FFh
        je      .end
        mov     ax, es
        cmp     byte [si + POINTER_SEGMENT], SEG_DS
        je      .ds
        mov     [in_es], ax
        jmp     .register
.ds:
        mov     [in_ds], ax
.register:
        movzx   bx, byte [si + POINTER_REGISTER]
%if WIDTH == 32
        movzx   eax, di
        mov     [in_eax + bx], eax
%else
        mov     [in_eax + bx], di
%endif
        mov     cx, [si + POINTER_IN]
        mov     dx, [bytes_in]
        call    pattern
.end:
        ret

; pattern: CX bytes at ES:DI, a text where the kind at SI says so: what their number times DL and DH make. Changes AX, CX, DI.
pattern:
        jcxz    .end
        xor     ah, ah
.byte:
        mov     al, ah
        mul     dl
        add     al, dh
        call    .text
        mov     [es:di], al
        inc     di
        mov     ah, cl
        loop    .byte
.end:
        ret
; A text has a zero at its end, and nowhere else. CX = how many bytes are to come, with this one.
.text:
        test    byte [cs:si + POINTER_KIND], TEXT_IN | TEXT_OUT
        jz      .any
        or      al, 40h
        cmp     cx, 1
        je      .zero
        cmp     cx, HALF
        jne     .any
        test    byte [cs:si + POINTER_KIND], TWO_TEXTS
        jz      .any
.zero:
        xor     al, al
.any:
        ret

; same_pattern: is it that? ZF.
same_pattern:
        jcxz    .same
        xor     ah, ah
.byte:
        mov     al, ah
        mul     dl
        add     al, dh
        call    pattern.text
        cmp     al, [es:di]
        jne     .end
        inc     di
        mov     ah, cl
        loop    .byte
.same:
        cmp     al, al
.end:
        ret

; judge_pointer: SI and DI as for give_pointer. What came back, and what lies behind it.
judge_pointer:
        cmp     byte [si + POINTER_SEGMENT], 0FFh
        je      .end
        mov     es, [far_segment]
        mov     cx, [si + POINTER_OUT]
        push    cx
        mov     dx, [bytes_out]
        call    same_pattern
        pop     cx
        je      .right
        or      byte [judged], WRONG_OUT
        ret
.right:
        ; what was read only is as it was; and behind the larger of the two
        cmp     cx, [si + POINTER_IN]
        jae     .all_written
        test    byte [si + POINTER_KIND], 0
        jnz     .end
        jcxz    .input
        jmp     .end
.input:
        mov     cx, [si + POINTER_IN]
        mov     dx, [bytes_in]
        call    same_pattern
        je      .all_written
        or      byte [judged], BEYOND
.all_written:
        cmp     byte [es:di], 0EEh
        je      .end
        or      byte [judged], BEYOND
.end:
        ret

; --- real mode ----------------------------------------------------------------

%macro stand_in 1
stands_for_%1:
        pushf
        cmp     byte [cs:armed], 0
        je      %%chain
        push    bx
        mov     bx, [cs:this]
        cmp     ax, [cs:bx + CALL_AX]
        pop     bx
        jne     %%chain
        popf
        jmp     answer
%%chain:
        popf
        jmp     far [cs:old_%1]
%endmacro
        stand_in 21h
        stand_in 10h
        stand_in 13h
        stand_in 2Fh
        stand_in 33h

answer:
        mov     byte [cs:armed], 0
        mov     byte [cs:called], 1
        mov     [cs:got_ebx], bx
        mov     [cs:got_edx], dx
        mov     [cs:got_esi], si
        mov     [cs:got_edi], di
        mov     [cs:got_ebp], bp
        mov     [cs:got_ds], ds
        mov     [cs:got_es], es
        pushad
        push    ds
        push    es
        push    cs
        pop     ds
        cld
        mov     bx, [this]
        lea     si, [bx + CALL_FIRST]
        call    at_pointer
        mov     bx, [this]
        lea     si, [bx + CALL_SECOND]
        call    at_pointer
        mov     bx, [this]
        lea     si, [bx + CALL_FIRST]
        call    write_pointer
        mov     bx, [this]
        lea     si, [bx + CALL_SECOND]
        call    write_pointer
        pop     es
        pop     ds
        popad
        push    bx
        mov     bx, [cs:this]
        mov     ax, [cs:bx + CALL_RETURNS]
        test    byte [cs:bx + CALL_FLAGS], RETURNS_DX
        jz      .flags
        mov     dx, 5A5Ah
.flags:
        mov     bx, sp
        and     byte [ss:bx + 6], 0FFh ^ FLAG_CARRY
        pop     bx
        iret

; at_pointer: SI = a description: what has come in there. ES:DI is left there.
at_pointer:
        cmp     byte [si + POINTER_SEGMENT], 0FFh
        je      .end
        call    follow
        mov     cx, [si + POINTER_IN]
        mov     dx, [bytes_in]
        call    same_pattern
        je      .end
        mov     byte [wrong_in], 1
.end:
        ret

write_pointer:
        cmp     byte [si + POINTER_SEGMENT], 0FFh
        je      .end
        call    follow
        mov     cx, [si + POINTER_OUT]
        mov     dx, [bytes_out]
        call    pattern
.end:
        ret

follow:
        mov     es, [got_ds]
        cmp     byte [si + POINTER_SEGMENT], SEG_DS
        je      .register
        mov     es, [got_es]
.register:
        movzx   bx, byte [si + POINTER_REGISTER]
        mov     di, [got_eax + bx]
        ret

section .data
                  align 4
bytes_in:         dw 4107h              ; see pattern
bytes_out:        dw 2303h
vectors:          dw 21h, 0, 0, stands_for_21h
                  dw 10h, 0, 0, stands_for_10h
                  dw 13h, 0, 0, stands_for_13h
                  dw 2Fh, 0, 0, stands_for_2Fh
                  dw 33h, 0, 0, stands_for_33h
vectors_end:
old_21h           equ vectors + 2
old_10h           equ vectors + 10
old_13h           equ vectors + 18
old_2Fh           equ vectors + 26
old_33h           equ vectors + 34
section .bss
                  alignb 4
; in the order of the image
got_eax:          resd 1
got_ebx:          resd 1
got_ecx:          resd 1
got_edx:          resd 1
got_esi:          resd 1
got_edi:          resd 1
got_ebp:          resd 1
got_ds:           resw 1
got_es:           resw 1
this:             resw 1
far_segment:      resw 1
wrong_in:         resb 1
called:           resb 1
armed:            resb 1
section .text
