; FERRITE /S tells what was found and claimed, what is free and locked, and the same of each client.
; expect: pass
; machines: qemu bochs dosbox-x
; memory: 16
; host-args: /MEM=12M
; file: child/stays.asm=STAYS.COM
; plan: 1
; contains: State: active, DPMI programs: 1
; contains:   claimed:                       12288
; contains:   locked by programs:            128
; contains: Program STAYS, bits:             32
; contains:   memory blocks:                 1
; contains:   allocated, KiB:                4112
; contains:   of that, in memory:            156
; contains:   of that, locked:               128

%include "dpmi.inc"
%include "xms/exec.inc"

main:
        mov     word [exec_path], stays
        run_ferrite ""
        mov     word [exec_path], exec_name
        run_ferrite " /S"
        expect_equal16 ax, 0, "/S answers"
        jmp     finish

stays:  db      "C:\STAYS.COM", 0
