"""Memories of an accelerator made of the macros of a process, which RAMs of rtl/ stand for."""
