"""Whole runs. What touches the world is called from here; what is decided is decided in `core`."""
