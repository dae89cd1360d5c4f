"""A design: an accelerator with an assignment, and its Verilog."""
