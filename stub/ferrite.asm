; FERRITE.EXE, the front: what DOS loads and starts. nasm -f bin -I realmode/ -I stub/ stub/ferrite.asm
;
; The file is an MZ image written by hand, followed by the core (a flat image that begins with layout::CoreHeader).
; DOS loads the MZ image only; the core is read from the file afterwards, straight into extended memory.
;
; Image, from its offset 0:
;
;   .runner    device-driver header, and what stays under a program that FERRITE PROG.EXE runs
;   .text      checks, options, memory, load, hand-over: given back after start
;   .resident  the resident part (realmode/), copied to its place at start
;   .bss       buffers and stack, not in the file
;
; All but .resident is one segment, with no relocations: the code runs at any paragraph. So the stub moves itself
; up first, and the resident part can have its final place, over the unused half of the PSP, from the beginning.
; .runner moves the same way, to just behind the resident part.

%include "layout.inc"

HEADER_BYTES            equ 32
; Size of .runner, .text and .resident at most, and the offset of .bss.
IMAGE_BYTES_MAX         equ 0x4000
STACK_BYTES             equ 0x800
; Paragraphs by which the stub moves up: room for the resident part and the runner below it.
; (As a device driver: for the kept part of the runner and the resident part.)
MOVE_PARAGRAPHS         equ 0x180
; First offset of the PSP that may be overwritten: the FCBs and the command tail, after they were used.
PSP_KEPT                equ 0x60
; Part of a file that is read at once, bytes.
CHUNK_BYTES             equ 0x4000

section .header start=0 vstart=0
header:
        db 'MZ'
        dw image_bytes_of_file % 512
        dw (image_bytes_of_file + 511) / 512
        dw 0                                    ; relocations
        dw HEADER_BYTES / 16
        dw 0x40                                 ; paragraphs beyond the image, at least: the rest is checked by
        dw 0xFFFF                               ; the stub, which can say more than DOS
        dw 0                                    ; SS:SP
        dw early_stack
        dw 0                                    ; checksum
        dw start                                ; CS:IP
        dw 0
        dw HEADER_BYTES
        dw 0
        times HEADER_BYTES - ($ - header) db 0

section .runner follows=.header vstart=0 align=16
runner_start:
section .text follows=.runner vfollows=.runner align=16 valign=16
text_start:
section .resident follows=.text vstart=0 align=16
section .bss nobits start=IMAGE_BYTES_MAX
bss_start:

%include "resident.asm"
%include "runner.asm"
%include "start.asm"
%include "messages.asm"
%include "unload.asm"
%include "print.asm"
%include "device.asm"
%include "processor.asm"
%include "options.asm"
%include "values.asm"
%include "search.asm"
%include "conflicts.asm"
%include "memory.asm"
%include "xms.asm"
%include "address20.asm"
%include "highcopy.asm"
%include "load.asm"
%include "install.asm"
%include "status.asm"

section .runner
        align 16, db 0
runner_end:

section .text
        align 16, db 0
text_end:

section .resident
        align 16, db 0
resident_blob_end:

section .header
; Sizes, now that all sections are full.
runner_bytes            equ runner_end - runner_start
text_bytes              equ text_end - text_start
resident_blob_bytes     equ resident_blob_end - resident_start
image_bytes             equ runner_bytes + text_bytes + resident_blob_bytes
image_bytes_of_file     equ HEADER_BYTES + image_bytes
; Where the resident part lies in the image, as a paragraph.
resident_blob_paragraph equ (runner_bytes + text_bytes) / 16

; What XMS takes of conventional memory, with the longest way to switch A20: its entry and crossing, its part of INT 2Fh and
; of INT 15h, A20, and the fields of ResidentInfo that nothing else uses (xms_entry, old_xms, hooked_xms, xms_stack and
; its segment, xms_leave). The public handle table's part is left out.
XMS_FIELDS              equ 2 + 4 + 4 + 6 + 2
xms_part_bytes          equ trap_sites - xms_entry + 2 * TRAP_STRIDE + control_entry - xms_chain \
                        + int2f_hook.xms_table - int2f_hook.xms \
                        + int15_hook.older - int15_hook + int15_end - int15_hook.sizes \
                        + code_end - a20_query + XMS_FIELDS
XMS_PART_MAX            equ 511
; The public handle table at most.
TABLE_BYTES_MAX         equ (TABLE_HEAD + TABLE_MAX * TABLE_RECORD + 15) / 16 * 16

section .bss
        resb STACK_BYTES
        alignb 16
stack_top:
bss_end:
        times IMAGE_BYTES_MAX - image_bytes resb 0      ; fails when the image outgrows its room
        times MOVE_PARAGRAPHS * 16 + 0x100 - PSP_KEPT - resident_blob_bytes - TABLE_BYTES_MAX - runner_bytes resb 0
        ; The code that moves the image up must not be overwritten before it has jumped there.
        times MOVE_PARAGRAPHS * 16 - runner_bytes - (move_up.moved - text_start) resb 0
        times XMS_PART_MAX - xms_part_bytes resb 0      ; fails when XMS outgrows what it may have
        times 0xFFF0 - (bss_end - bss_start) - IMAGE_BYTES_MAX resb 0
