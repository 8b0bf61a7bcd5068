; Every kind of fault in a client that stayed resident, in a callback by which a real-mode program calls it, while no
; other client lives: without an exception handler it ends with that program, with one it goes on, and ends the program by 4Ch.
; expect: pass
; machines: qemu bochs dosbox-x
; width: 16 32
; plan: 16
; timeout: 300

%include "faults/resident.inc"

resident_begins:
        ret

other_program:
        int     SERVICE
        mov     ax, 4C00h | EXIT_UNHARMED
        int     21h
