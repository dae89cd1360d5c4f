"""Names of Verilog modules that other rooms recognize, the same in every architecture."""

from __future__ import annotations

__all__ = ["BLOCK"]

#: How the names of the modules of blocks begin.
BLOCK = "hawx_block_"
