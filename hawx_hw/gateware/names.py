"""Names of Verilog modules that other rooms recognize, the same in every architecture."""

from __future__ import annotations

__all__ = ["BLOCK", "PE"]

#: How the names of the modules of blocks begin.
BLOCK = "hawx_block_"
#: How the names of the modules begin that hold a block with its registers.
PE = "hawx_pe_"
