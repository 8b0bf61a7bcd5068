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

; Is there a VCPI server? Out: CF=0 and insert_text=its name, or CF=1. Changes AX, BX, CX, DX, SI, DI, ES.
find_vcpi:
        mov word [insert_text], name_emm
        xor ax, ax
        mov es, ax
        mov ax, [es:4 * 0x67 + 2]
        or ax, [es:4 * 0x67]
        jz .none
        mov ax, 0xDE00
        int 0x67
        or ah, ah
        jnz .none
        xor ax, ax
        mov es, ax
        mov es, [es:4 * 0x67 + 2]
        cmp dword [es:10], 'EMMX'
        jne .found
        mov ax, es
        dec ax
        mov es, ax
        mov al, [es:0]
        cmp al, 'D'                             ; driver
        je .named
        cmp al, 'M'                             ; program
        jne .found
.named:
        mov di, vcpi_name
        mov si, 8
        mov cx, 8
.copy:
        mov al, [es:si]
        inc si
        cmp al, ' '
        jbe .end
        cmp al, 'z'
        ja .found
        mov [di], al
        inc di
        loop .copy
.end:
        cmp cx, 8
        je .found
        mov byte [di], 0
        mov word [insert_text], vcpi_name
.found:
        clc
        ret
.none:
        stc
        ret

name_emm:
        db "EMM386, JEMM386 or JEMMEX", 0

section .bss
vcpi_name:
        resb 10
