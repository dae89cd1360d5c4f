"""Imports a user's Verilog multipliers as blocks."""

from hawx_hw.block_proofs.imports.run import Import, import_verilog

__all__ = ["Import", "import_verilog"]
