"""Technologies: liberty libraries of standard cells and FPGA families, by name or by path."""

from hawx_hw.technology.technology import (
    BUILT_IN,
    FAMILIES,
    FpgaFamily,
    Technology,
    load,
    load_any,
)

__all__ = ["BUILT_IN", "FAMILIES", "FpgaFamily", "Technology", "load", "load_any"]
