"""Reading a CSV file to its end: MyQ's dialect and any other, for whichever source reads one."""
