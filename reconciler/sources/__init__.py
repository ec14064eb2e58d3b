"""One file for each kind of synchronization source: its manifest and its reader."""
