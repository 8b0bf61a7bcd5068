; What else is there: ourselves, other hosts, monitors.

section .text

; Out: resident_segment, 0 when Ferrite is not loaded. Fails when another version is. Changes AX, BX, CX, ES.
find_resident:
        push es
        mov ax, MULTIPLEX << 8
        mov bx, SIGNATURE_BX
        mov cx, SIGNATURE_CX
        int 0x2F
        cmp ax, 0xFFFF
        jne .done
        cmp dword [es:RESIDENT_magic], CORE_MAGIC
        jne .done
        cmp dword [es:RESIDENT_fingerprint], LAYOUT_FINGERPRINT
        fail_unless je, OTHER_VERSION
        mov [resident_segment], es
.done:
        pop es
        ret

; Refuses, with its own sentence, where something else has the processor.
check_conflicts:
        push es
        mov ax, 0x1687
        int 0x2F
        or ax, ax
        fail_unless jnz, DPMI_HOST
        smsw ax
        test al, 1
        jz .done
        call find_vcpi
        fail_unless jc, VCPI
        fail VIRTUAL_8086
.done:
        pop es
        ret

; Is there a VCPI server? Out: CF=0, or CF=1. Changes AX, ES. Which one it is cannot be told: JEMM's handler lies in
; memory that it mapped itself, under no block that has a name.
find_vcpi:
        xor ax, ax
        mov es, ax
        mov ax, [es:4 * 0x67 + 2]
        or ax, [es:4 * 0x67]
        jz .none
        mov ax, 0xDE00
        int 0x67
        cmp ah, 1                               ; CF=1 for 0
        cmc
        ret
.none:
        stc
        ret
