; Ctrl-Alt-Del, pressed while a client runs, restarts the machine.
; expect: reset
; machines: qemu bochs dosbox-x
; width: 16 32
; boot: own

%include "dpmi.inc"
%include "dpmi/keys.inc"

main:
        call    enter_protected_mode
        sti
        mov     ah, SCAN_CTRL
        call    inject
        mov     ah, SCAN_ALT
        call    inject
        mov     ah, SCAN_DEL
        call    inject
        mov     ecx, 8000000h
.wait:
        dec     ecx
        jnz     .wait
        failed  "the machine is restarted"
        jmp     finish
