"""Technologies: liberty libraries of standard cells, by name or by path."""

from hawx_hw.technology.technology import BUILT_IN, Technology, load

__all__ = ["BUILT_IN", "Technology", "load"]
