//! INT 31h AH=05h: memory management (DPMI 0.9 and 1.0, memory management services).
