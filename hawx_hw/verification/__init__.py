"""Proves with cocotb that the Verilog computes what the integer model computes."""

__all__: list[str] = []
