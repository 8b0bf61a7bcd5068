//! INT 31h AH=07h: demand paging performance tuning (DPMI 0.9 and 1.0).
