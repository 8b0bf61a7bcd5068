//! INT 31h AH=06h: page locking (DPMI 0.9 and 1.0, page locking services).
