"""Blocks of the user: imported Verilog and Python."""
