//! INT 31h AH=08h: physical address mapping (DPMI 0.9 and 1.0).
