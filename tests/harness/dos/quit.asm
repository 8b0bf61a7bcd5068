; QUIT.COM - ends the emulator from inside: QEMU by isa-debug-exit or else by ACPI, Bochs by its
; shutdown port. DOSBox and DOSBox-X leave by EXIT in their [autoexec] and need no help.

        org 100h

        mov ah, 0Dh                             ; what DOS still holds goes to disk
        int 21h

        mov dx, 0F4h                            ; isa-debug-exit: status 2 * 2Ah + 1 = 85
        mov al, 2Ah
        out dx, al

        mov si, shutdown                        ; Bochs, unmapped plug-in
        mov dx, 8900h
        mov cx, shutdown.end - shutdown
        cld
.next:  lodsb
        out dx, al
        loop .next

        mov dx, 604h                            ; PIIX4 power management: soft off
        mov ax, 2000h
        out dx, ax

        mov ax, 4C01h                           ; still here
        int 21h

shutdown: db 'Shutdown'
.end:
