"""The hardware of a SIMT unit."""
