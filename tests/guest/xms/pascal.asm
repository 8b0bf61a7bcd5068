; 8086 programs of Free Pascal's as clients of the driver: blocks, moves, locks and sizes, and a sieve of a million bytes in
; extended memory; in real mode, and in virtual-8086 mode as children of a DPMI client.
; expect: pass
; machines: qemu bochs dosbox-x
; file: child/xmsblock.pp=XMSBLOCK.EXE
; file: child/xmssieve.pp=XMSSIEVE.EXE
; plan: 4
; timeout: 120

%include "xms/xms.inc"
%include "xms/exec.inc"

body:
        mov     word [exec_path], block_name
        run_ferrite ""
        expect_equal16 ax, 0, "blocks"
        mov     word [exec_path], sieve_name
        run_ferrite ""
        expect_equal16 ax, 0, "a sieve in extended memory"
        ret

section .data
block_name: db  "C:\XMSBLOCK.EXE", 0
sieve_name: db  "C:\XMSSIEVE.EXE", 0
section .text
