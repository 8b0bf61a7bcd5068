; INT 21h 29h, a name from a command line into a file control block ("MS-DOS" extension): as in real mode, DS:(E)SI moved on as far.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 20

%include "dpmi.inc"
%define ARENA 200h
%include "dos/twice.inc"

FCB     equ 80h
LAST    equ ARENA - 8                   ; a name that ends with the segment

section .data
steps:
        step "29h: a name", 21h, 2900h, 0, 0, 0, contents.plain, FCB
        step "29h: a drive", 21h, 2900h, 0, 0, 0, contents.drive, FCB
        step "29h: a drive that is none", 21h, 2900h, 0, 0, 0, contents.no_drive, FCB
        step "29h: a pattern", 21h, 2900h, 0, 0, 0, contents.pattern, FCB
        step "29h: separators before it", 21h, 2901h, 0, 0, 0, contents.separated, FCB
        step "29h: separators that stay", 21h, 2900h, 0, 0, 0, contents.separated, FCB
        step "29h: what is not named stays", 21h, 290Eh, 0, 0, 0, contents.extension, FCB
        step "29h: nothing", 21h, 2900h, 0, 0, 0, contents.end, FCB
        step "29h: a long name", 21h, 2900h, 0, 0, 0, contents.long, FCB
        step "29h: at the end of the segment", 21h, 2900h, 0, 0, 0, LAST, FCB
steps_end:

contents:
.plain          equ $ - contents
        db      "FILE.TXT /x", 13
.drive          equ $ - contents
        db      "c:other", 13
.no_drive       equ $ - contents
        db      "z:other", 13
.pattern        equ $ - contents
        db      "a?b*.d*", 13
.separated      equ $ - contents
        db      " ;,x.y=z", 13
.extension      equ $ - contents
        db      ".com", 13
.end            equ $ - contents
        db      13
.long           equ $ - contents
        db      "averylongname.extension rest", 13
        times   FCB - ($ - contents) db 0
        times   LAST - ($ - contents) db 77h
        db      "END.XYZ", 13
contents_end:

unsteady:
        dw      -1

section .text
between:
        ret
