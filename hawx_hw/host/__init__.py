"""An accelerator on an FPGA board: the tops around it, and the program that talks to it."""

__all__: list[str] = []
