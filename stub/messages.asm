; Every sentence that Ferrite prints at start, once. The number is the errorlevel; 1 to 9 belong to no error.
; It is stored in the byte before the text.
;
; In a text, byte 1 stands for the string at `insert_text`, byte 2 for the number at `insert_number`.
; Messages of 40 and above are needed after the start-up code is gone and live in the runner.

; 1: number, 2: name (the text's label is message_name), 3: text
%macro message 3+
%if %1 >= 40 && %1 < 60
section .runner
%else
section .text
%endif
        db %1
message_%2:
        db %3, 13, 10, 0
%endmacro

; 10-19: the processor, DOS, the command line
message 10, PROCESSOR, "Ferrite needs a 486 or better; this processor is an older one."
message 11, DOS_VERSION, "Ferrite needs DOS 3.30 or later."
message 12, CONVENTIONAL, "Ferrite needs 71 KiB of free conventional memory to start: unload a resident program."
message 13, UNKNOWN_SWITCH, "Ferrite does not know the switch ", 1, ": FERRITE /? lists them."
message 14, SWITCH_VALUE, "The switch ", 1, " lacks its value or has a wrong one: FERRITE /? shows what it takes."
message 15, PROGRAM_IN_VARIABLE, "The environment variable FERRITE and the DEVICE line may hold switches only, not ", 1, "."
message 16, NO_PROGRAM, "The program ", 1, " was not found here or along PATH."
message 17, BATCH, "Ferrite starts .EXE and .COM files only: for ", 1, " use FERRITE COMMAND.COM /C."
message 18, SWITCH_ALONE, "/S, /U and /? stand alone on the command line."
message 19, TABLE_ALONE, "/TABLE goes with neither /DMA nor more than 128 handles (/HANDLES)."

; 20-29: what else is on the machine
message 20, LOADED, "Ferrite is loaded already; FERRITE /S shows its state, FERRITE /U unloads it."
message 21, NOT_LOADED, "Ferrite is not loaded."
message 22, DPMI_HOST, "Another DPMI host is loaded already: unload it, or leave the system that provides it."
message 23, VCPI, "The processor is in virtual-8086 mode under a VCPI server: remove the line that loads EMM386, JEMM386 or JEMMEX from CONFIG.SYS or AUTOEXEC.BAT and restart."
message 24, VIRTUAL_8086, "The processor is in virtual-8086 mode under a program that offers no way out of it: start Ferrite in plain DOS."
message 25, OTHER_VERSION, "Another version of Ferrite is loaded: use its own FERRITE.EXE."

; 30-39: memory and the file
message 30, NO_EXTENDED, "There is no extended memory that Ferrite could use: an XMS driver may have given it all away."
message 31, TOO_LITTLE, "There is too little extended memory in one piece: Ferrite needs ", 2, " KiB to start."
message 32, A20, "The A20 address line cannot be switched on."
message 33, CORE_FILE, "Ferrite cannot read its own file ", 1, "."
message 34, CORE_DAMAGED, "The file ", 1, " is damaged or incomplete: copy it anew."
message 35, CORE_MISMATCH, "The two halves of ", 1, " come from different builds: build it anew."
message 36, CORE_START, "The core of Ferrite refused to start, reason ", 2, "."
message 37, TABLE_DRIVER, "/TABLE needs Ferrite to be the only XMS driver: remove the line in CONFIG.SYS that loads the other."

; 40-59: unloading and running a program
message 40, CLIENT_LIVES, "Ferrite stays loaded: a DPMI program is still running."
message 41, HOOKED, "Ferrite stays loaded: a program loaded later holds its interrupts. Unload that one first."
message 42, HANDLES_HELD, "Ferrite stays loaded: XMS memory of other programs is in its hands."
message 43, HMA_HELD, "Ferrite stays loaded: the high memory area is in use."
message 44, CORE_STAYS, "Ferrite stays loaded: its core has unfinished business."
message 45, PROGRAM_RESIDENT, "Ferrite stays loaded: the program stayed resident."
message 46, EXECUTE, "DOS cannot start the program."
message 47, DEVICE_STAYS, "Ferrite stays loaded: it came with CONFIG.SYS. Remove its DEVICE line and restart."

; 60 and above: no errors
message 60, UNLOADED, "Ferrite is unloaded."
message 61, READY, "Ferrite ", 1, ": ", 2, " KiB of extended memory."
message 62, BANNER, "Ferrite ", 1, ", a 32-bit runtime for DOS: DPMI, XMS and virtual memory."
message 63, DORMANT, "State: dormant, no DPMI program lives"
message 64, ACTIVE, "State: active, DPMI programs: ", 2
message 65, CONVENTIONAL_USE, "Conventional memory, bytes:      ", 2
message 77, FOUND, "Extended memory found, KiB:      ", 2
message 66, PHYSICAL, "  claimed:                       ", 2
message 67, FREE, "  of that, free:                 ", 2
message 78, LOCKED, "  locked by programs:            ", 2
message 68, CORE_USE, "  the core's own:                ", 2
message 69, SWAP, "Swap file, KiB:                  ", 2
message 70, SWAP_USED, "  in use:                        ", 2
message 71, HANDLES_USED, "XMS handles in use:              ", 2
message 72, HANDLES, "XMS handles in all:              ", 2
message 73, FAULTS, "Page faults served:              ", 2
message 74, PAGE_INS, "Pages read from the swap file:   ", 2
message 75, PAGE_OUTS, "Pages written to the swap file:  ", 2
message 79, CLUSTERS, "  in clusters:                   ", 2
message 80, CLIENT, "Program ", 1, ", bits:             ", 2
message 81, CLIENT_BLOCKS, "  memory blocks:                 ", 2
message 82, CLIENT_COMMITTED, "  allocated, KiB:                ", 2
message 83, CLIENT_RESIDENT, "  of that, in memory:            ", 2
message 84, CLIENT_LOCKED, "  of that, locked:               ", 2
message 85, CLIENT_FAULTS, "  page faults:                   ", 2
message 86, CLIENT_INS, "  pages read from the swap file: ", 2
message 87, CLIENT_OUTS, "  pages written to it:           ", 2
message 76, NO_FIGURES, "The core gives no figures."

message_version:
        db VERSION_MAJOR + '0', '.', VERSION_MINOR + '0', 0

message_help:
        db "FERRITE                    stay resident: programs find DPMI and XMS", 13, 10
        db "FERRITE [switches] PROGRAM [arguments]", 13, 10
        db "                           run that program, unload, pass its errorlevel on", 13, 10
        db "FERRITE /S                 show what is loaded", 13, 10
        db "FERRITE /U                 unload", 13, 10
        db "FERRITE /?                 this page", 13, 10, 13, 10
        db "Switches, here or in the environment variable FERRITE:", 13, 10
        db "  /MEM=n[K|M]              use n KiB (or MiB) of extended memory at most", 13, 10
        db "  /CLAIM=n                 claim n percent of it, 1 to 100 (100)", 13, 10
        db "  /MIN=n /LEAVE=n /KEEP=n  but n at least; leave n beyond that; never claim n", 13, 10
        db "  /HANDLES=n               XMS handles, 1 to 1024 (128)", 13, 10
        db "  /HMAMIN=n                least KiB for which a program gets the HMA, 0 to 63 (0)", 13, 10
        db "  /A20=way                 AUTO, PORT92, KBC, BIOS, XMS (an older driver) or ON", 13, 10
        db "  /DMA /TABLE              small XMS blocks below 16 MiB; public XMS handle table", 13, 10
        db "  /GUARD                   an unmapped page after each memory block", 13, 10
        db "  /PAGE0                   programs cannot touch the first page (slower)", 13, 10
        db "  /BUFFER=n                transfer buffer in KiB, 4 to 60 (8)", 13, 10
        db "  /IOPL=0|3                0 withholds CLI and keyboard from programs (3)", 13, 10
        db "  /SWAP=directory[,max]    where the swap file goes, and its limit n[K|M|G]", 13, 10
        db "  /NOSWAP                  no swap file", 13, 10
        db "  /LOG=level[,E9|COM1]     off, error, warn, info, debug or trace (error,E9)", 13, 10, 0
