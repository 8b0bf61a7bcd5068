; The formula of how much memory to claim. paging/claim-formula holds it to tests/guest/paging/claim-cases.inc, as
; src/paging/claim.rs is held to it.

; How much to claim: /CLAIM, /MIN, /MEM, /LEAVE and /KEEP, in this order, as src/paging/claim.rs says. In:
; EAX=KiB that there are. Out: EAX=KiB, whole pages. Changes EBX, ECX, EDX.
claim_amount:
        mov [boot_info + BOOT_physical_kib], eax
        mov ebx, eax
        mul dword [boot_info + BOOT_claim_fraction]
        shrd eax, edx, 8
        mov ecx, [boot_info + BOOT_claim_lower_kib]
        cmp eax, ecx
        jae .above
        mov eax, ecx
.above:
        mov edx, [boot_info + BOOT_memory_limit_kib]
        or edx, edx
        jz .below
        cmp eax, edx
        jbe .below
        mov eax, edx
.below:
        cmp ecx, eax                            ; the lower limit, as far as the upper one allows it
        jbe .least
        mov ecx, eax
.least:
        mov edx, ebx
        sub edx, [boot_info + BOOT_claim_leave_kib]
        jnc .left
        xor edx, edx
.left:
        cmp edx, ecx
        jae .leave
        mov edx, ecx
.leave:
        cmp eax, edx
        jbe .free
        mov eax, edx
.free:
        sub ebx, [boot_info + BOOT_claim_keep_kib]
        jnc .kept
        xor ebx, ebx
.kept:
        cmp eax, ebx
        jbe .pages
        mov eax, ebx
.pages:
        and eax, ~3
        ret
