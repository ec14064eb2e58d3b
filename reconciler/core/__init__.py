"""What the program decides, as values and functions: no I/O, no clock, no library."""
