; The parts of a switch: words, numbers, sizes. All take the text at SI and leave SI behind what they read; a value
; that is missing or wrong ends the program with a sentence.

section .text

; Checks EBX <= EAX <= ECX, or fails.
check_range:
        cmp eax, ebx
        fail_unless jae, SWITCH_VALUE
        cmp eax, ecx
        fail_unless jbe, SWITCH_VALUE
        ret

; Steps over '=' or ':', or fails.
expect_value:
        lodsb
        cmp al, '='
        je .done
        cmp al, ':'
        fail_unless je, SWITCH_VALUE
.done:
        ret

; '=' and a decimal number. Out: EAX. Changes EBX, EDX.
value_number:
        call expect_value
; A decimal number. Out: EAX.
number:
        xor eax, eax
        mov bl, [si]
        call is_digit
        fail_unless jbe, SWITCH_VALUE
.digit:
        mov bl, [si]
        call is_digit
        ja .done
        movzx ebx, bl
        mov edx, 10
        mul edx
        fail_unless jnc, SWITCH_VALUE
        add eax, ebx
        fail_unless jnc, SWITCH_VALUE
        inc si
        jmp .digit
.done:
        ret

; In: BL=character. Out: "below or equal" and BL=value when it is a digit.
is_digit:
        sub bl, '0'
        cmp bl, 9
        ret

; '=' and a size: a number of KiB, or with M or G behind it of MiB or GiB. Out: EAX=KiB. Changes EBX, CL, EDX.
value_kib:
        call expect_value
kib:
        call number
        mov bl, [si]
        and bl, ~0x20
        mov cl, 0
        cmp bl, 'K'
        je .unit
        mov cl, 10
        cmp bl, 'M'
        je .unit
        mov cl, 20
        cmp bl, 'G'
        je .unit
        ret
.unit:
        inc si
        mov edx, eax
        shl eax, cl
        mov ebx, eax
        shr ebx, cl
        cmp ebx, edx
        fail_unless je, SWITCH_VALUE
        ret

; A word of a list (word, 0, value; the list ends with 0). In: BX=list, SI=text. Out: AL=value, SI behind the
; word. Fails when there is none. Changes AX, BX, DI.
word_value:
        mov di, si
.compare:
        mov al, [bx]
        inc bx
        or al, al
        jz .matched
        mov ah, [di]
        call upper_case_ah
        inc di
        cmp al, ah
        je .compare
.skip:
        mov al, [bx]
        inc bx
        or al, al
        jnz .skip
.next:
        inc bx
        cmp byte [bx], 0
        jne word_value
        fail SWITCH_VALUE
.matched:
        mov al, [di]
        cmp al, ','
        je .found
        call is_delimiter
        jne .next
.found:
        mov si, di
        mov al, [bx]
        ret

; In: AL. Out: "equal" when it ends a switch: blank, tab, '/' or the end.
is_delimiter:
        cmp al, '/'
        je is_blank_or_end.done
; In: AL. Out: "equal" for blank, tab and the end.
is_blank_or_end:
        cmp al, ' '
        je .done
        cmp al, 9
        je .done
        cmp al, 0
.done:
        ret

; In: SI. Out: SI at the next character that is no blank, AL=that character.
skip_blanks:
        lodsb
        cmp al, ' '
        je skip_blanks
        cmp al, 9
        je skip_blanks
        dec si
        ret

; Copies the word at SI to `token`, for messages. Changes AX, CX, DI.
copy_token:
        push si
        mov di, token
        mov cx, 63
.copy:
        lodsb
        call is_blank_or_end
        je .end
        stosb
        loop .copy
.end:
        mov byte [di], 0
        pop si
        ret

upper_case_ah:
        cmp ah, 'a'
        jb .done
        cmp ah, 'z'
        ja .done
        sub ah, 0x20
.done:
        ret
