; boot.asm - the two sectors that start FreeDOS from the harness's own disk image.
;
; -DMASTER     the master boot record: moves itself away, loads the first sector of the only
;              partition (LBA 63) and jumps to it. -DSECTORS=n is the size of the disk.
; otherwise    the volume boot record: goes over bytes 0-2 and 3Eh-1FDh of a FAT16 boot sector.
;              It relies on KERNEL.SYS being the first file written, hence contiguous from
;              cluster 2, so that no directory has to be searched.
;
; Both use INT 13h AH=42h (LBA), which the BIOSes of QEMU and Bochs have.

        org 7C00h
        bits 16

HEADS           equ 16
TRACK           equ 63                          ; sectors
PARTITION_START equ TRACK

%ifdef MASTER

%assign LAST_CYLINDER SECTORS / (16 * 63) - 1

RELOCATED       equ 600h

        cli
        cld
        xor ax, ax
        mov ss, ax
        mov sp, 7C00h
        mov ds, ax
        mov es, ax
        mov si, 7C00h
        mov di, RELOCATED
        mov cx, 256
        rep movsw
        sti
        jmp 0:(.moved - 7C00h + RELOCATED)
.moved: mov si, packet - 7C00h + RELOCATED
        mov dl, 80h
        mov ah, 42h
        int 13h
        jc $
        jmp 0:7C00h

packet: db 16, 0
        dw 1
        dw 7C00h, 0
        dd PARTITION_START, 0

        times 446-($-$$) db 0
        db 80h, 1, 1, 0                         ; active, starts at head 1, sector 1
        db 6                                    ; FAT16 over 32 MiB
%if LAST_CYLINDER > 1023
        db 0FEh, 0FFh, 0FFh                     ; its end is beyond CHS
%else
        db HEADS - 1, TRACK | ((LAST_CYLINDER >> 2) & 0C0h), LAST_CYLINDER & 0FFh
%endif
        dd PARTITION_START, SECTORS - PARTITION_START

%else

KERNEL_SEGMENT  equ 60h                         ; where FreeDOS's kernel wants to be
OWN_SEGMENT     equ 1FE0h                       ; out of the way of the 64 KiB read there
RESERVED_SECTORS equ 7C0Eh                      ; the BIOS parameter block's fields
FATS            equ 7C10h
ROOT_ENTRIES    equ 7C11h
SECTORS_PER_FAT equ 7C16h
HIDDEN_SECTORS  equ 7C1Ch

        jmp short start
        nop
        times 3Eh-($-$$) db 0
start:  cli
        cld
        xor ax, ax
        mov ds, ax
        mov ax, OWN_SEGMENT
        mov es, ax
        mov ss, ax
        mov sp, 7C00h
        mov si, sp
        mov di, sp
        mov cx, 256
        rep movsw
        jmp OWN_SEGMENT:.moved
.moved: mov ds, ax
        sti
        ; cluster 2 = hidden + reserved + FATs * sectors each + root entries / 16
        xor ax, ax
        mov al, [FATS]
        mul word [SECTORS_PER_FAT]
        mov bx, [ROOT_ENTRIES]
        shr bx, 4
        add ax, bx
        adc dx, 0
        add ax, [RESERVED_SECTORS]
        adc dx, 0
        add ax, [HIDDEN_SECTORS]
        adc dx, [HIDDEN_SECTORS+2]
        mov [packet.lba], ax
        mov [packet.lba+2], dx
        mov bp, 4                               ; 4 reads of 32 sectors: 64 KiB
.read:  mov si, packet
        mov dl, 80h
        mov ah, 42h
        int 13h
        jc $
        add word [packet.lba], 32
        adc word [packet.lba+2], 0
        add word [packet.segment], 32 * 512 / 16
        dec bp
        jnz .read
        mov bl, 80h                             ; the kernel takes its drive in BL
        mov dl, 80h
        jmp KERNEL_SEGMENT:0

packet: db 16, 0
        dw 32
        dw 0
.segment:
        dw KERNEL_SEGMENT
.lba:   dd 0, 0

%endif

        times 510-($-$$) db 0
        dw 0AA55h
