; The resident part: everything of Ferrite that stays below 1 MiB.
;
; It is assembled as a section of its own that starts at offset 0 and runs at whatever paragraph it is copied
; to, with CS = that paragraph. Only what is patched in after the copy (see `patched` below) knows the segment.
;
; Order in memory:
;
;   0             ResidentInfo (layout.rs), written by the stub and the core
;   xms_entry     the hook header of the XMS entry; other programs may patch it, so the core leaves it alone
;   code_start    constant from installation on: the core writes it anew before each return to dormant
;   a20_way       the one way to switch A20 that is used
;   code_end
;
; Everything happens in one of two states (ResidentInfo.active). Dormant: real mode, an event goes through
; `cross` (switch.asm). Active: V86 under the core, an event executes the trap INT of its site.

; INT 2Fh function by which a second FERRITE.EXE finds this part: AH, and the signature in BX, CX.
MULTIPLEX       equ 0xD6
SIGNATURE_BX    equ 'Fe'
SIGNATURE_CX    equ 'rr'

; The caller's state, by field: FRAME(eax) and so on.
%define FRAME(field) RESIDENT_frame + FRAME_ %+ field

section .resident

; Pads up to the offset that layout.rs gives a field of ResidentInfo.
%macro at_field 1
        times RESIDENT_%1 - ($ - resident_start) db 0
%endmacro

resident_start:
        dd CORE_MAGIC
        dd LAYOUT_FINGERPRINT
        at_field trap_base
        dw trap_sites
        at_field callback_trap
        dw callback_trap
        at_field leave
        dw leave_protected
        at_field code_start
        dw code_start
        at_field code_end
        dw code_end
        at_field dpmi_entry
        dw dpmi_entry
        at_field xms_entry
        dw xms_entry
        at_field host_paragraphs
        dw HOST_PARAGRAPHS
        at_field features
        db FEATURE_DPMI
        at_field control_entry
        dw control_entry
        at_field shutdown_entry
        dw shutdown_entry
        at_field xms_leave
        dw xms_leave
        times RESIDENT_SIZE - ($ - resident_start) db 0

; Address of an event's trap site.
%define SITE(event) (trap_sites + (event) * TRAP_STRIDE)

; The way into the core from real mode.
;   1: event
%macro dormant_event 1
        pushfd
        cli
        mov byte [cs:FRAME(event)], %1
        jmp cross
%endmacro

; Body of an entry that programs reach by a far call.
;   1: event
; Stack: the caller's far-return address; dormant, its EFLAGS on top of that for `cross`.
%macro far_event 1
        cmp byte [cs:RESIDENT_active], 0
        jne SITE(%1)
        dormant_event %1
%endmacro

; The XMS entry. Five bytes that a hook may replace by a far jump, as XMS 2.0 asks of every driver.
xms_entry:
        jmp short xms_event
        nop
        nop
        nop

code_start:

; In reach of the short jump.
%include "xmscall.asm"

; A long XMS call goes on. The core resumes here, or at this event's site, with the caller's IF set, so that interrupts
; come in before.
xms_again:
        far_event EVENT_XMS_AGAIN

; The trap sites: site n lies at trap_sites + n * TRAP_STRIDE. Active, the INT is a trap into the core, which
; resumes behind it when it does not answer; dormant, only what follows the INT is used, as the continuation
; that `cross` puts in the frame.
%macro trap_site 2+
%if ($ - trap_sites) != %1 * TRAP_STRIDE
%error trap sites out of order
%endif
        int TRAP_VECTOR
        %2
        times (%1 + 1) * TRAP_STRIDE - ($ - trap_sites) nop
%endmacro

; Not answered, on to whoever may; answered, back to the caller.
%macro xms_continuation 0
        jmp near xms_chain
%if ($ - trap_sites) != EVENT_XMS * TRAP_STRIDE + XMS_RETURN
%error XMS_RETURN is wrong
%endif
        retf
%endmacro

trap_sites:
        trap_site EVENT_INIT, retf
        trap_site EVENT_RETURN, jmp short stray_return
        trap_site EVENT_DPMI_ENTRY, jmp dpmi_refused
        trap_site EVENT_XMS, xms_continuation
        trap_site EVENT_INT15, jmp int15_hook.pass
        trap_site EVENT_PROCESS_END, jmp short stray_return
        trap_site EVENT_RAW_SWITCH, jmp short stray_return
        trap_site EVENT_SAVE_STATE, retf
        trap_site EVENT_REBOOT, jmp int15_hook.pass
        trap_site EVENT_INT2F, jmp int2f_hook.chain
        trap_site EVENT_CONTROL, retf
        trap_site EVENT_SHUTDOWN, retf
        trap_site EVENT_CRITICAL, iret
        trap_site EVENT_XMS_AGAIN, jmp xms_again
        trap_site EVENT_END_KEY, jmp int15_hook.pass

; A site that only the core gives out was reached and the core did not take it: the program that did so cannot
; go on. DOS ends it.
stray_return:
        mov ax, 0x4CFF
        int 0x21

; Every real-mode callback address is an alias of this one. Dormant, INT F8h comes back (`trap_hook`) and the
; stale callback returns to its caller as if nothing had been there.
callback_trap:
        int TRAP_VECTOR
        retf

init_entry:
        far_event EVENT_INIT

; Far call, as 1687h hands it out: AX = 0 or 1 (client's width), ES = host data. Out: protected mode, or CF=1.
; The caller's PSP and the place of InDOS go along, which only DOS knows.
dpmi_entry:
        push ax
        push bx
        push es
        mov ah, 0x62
        int 0x21
        mov [cs:RESIDENT_client_psp], bx
        mov ah, 0x34                            ; anew each time: while DOS reads CONFIG.SYS it may not know yet
        int 0x21
        mov [cs:RESIDENT_indos], bx
        mov [cs:RESIDENT_indos + 2], es
        pop es
        pop bx
        pop ax
        far_event EVENT_DPMI_ENTRY

dpmi_refused:
        mov ax, 0x8011                          ; descriptor unavailable: nothing could be set up
        stc
resident_retf:
        retf

; The core did not answer: the older driver does, and without one the function is not implemented.
xms_chain:
        cmp word [cs:RESIDENT_old_xms + 2], 0
        je .none
        jmp far [cs:RESIDENT_old_xms]
.none:
        xor ax, ax
        mov bl, 0x80
        retf

; Far call. AL = one of layout::control. Out: AX = 0 when understood.
control_entry:
        far_event EVENT_CONTROL

; Far call. Out: AX = 0 when the core is gone for good, else the reason why it is not.
shutdown_entry:
        far_event EVENT_SHUTDOWN

%include "hooks.asm"
%include "switch.asm"
%include "a20.asm"

; With the longest way to switch A20; where the code really ends, the stub notes.
code_end:
