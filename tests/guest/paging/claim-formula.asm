; The stub's formula of how much memory to claim: each case of the table, which the core's formula is held to by a host test.
; expect: pass
; machines: qemu
; host: none
; plan: 2

%include "dpmi.inc"

%define BOOT_physical_kib     0
%define BOOT_claim_fraction   4
%define BOOT_claim_lower_kib  8
%define BOOT_memory_limit_kib 12
%define BOOT_claim_leave_kib  16
%define BOOT_claim_keep_kib   20

; Fraction, least, most, to leave, to keep, what there is, what is to be claimed.
%macro claim_case 7
        dd      %1, %2, %3, %4, %5, %6, %7
%endmacro
%define CASE_BYTES 28

main:
        cld
        mov     si, cases
.case:
        mov     eax, [si]
        mov     [boot_info + BOOT_claim_fraction], eax
        mov     eax, [si + 4]
        mov     [boot_info + BOOT_claim_lower_kib], eax
        mov     eax, [si + 8]
        mov     [boot_info + BOOT_memory_limit_kib], eax
        mov     eax, [si + 12]
        mov     [boot_info + BOOT_claim_leave_kib], eax
        mov     eax, [si + 16]
        mov     [boot_info + BOOT_claim_keep_kib], eax
        mov     eax, [si + 20]
        call    claim_amount
        inc     dword [count]
        cmp     eax, [si + 24]
        je      .right
        inc     dword [wrong]
        comment_value "wrong case:", [count]
        comment_value "claimed:", eax
.right:
        add     si, CASE_BYTES
        cmp     si, cases_end
        jb      .case
        expect_at_least [count], 50, "many cases"
        expect_equal [wrong], 0, "each amount is right"
        jmp     finish

%include "../../stub/claim.asm"

section .data
cases:
%include "paging/claim-cases.inc"
cases_end:

section .bss
                  alignb 4
boot_info:        resd 6
count:            resd 1
wrong:            resd 1
section .text
