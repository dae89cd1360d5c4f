"""Flows from the emitted accelerator to FPGAs and silicon: set up, run, and judged."""
