"""The C kernels, compiled once by the system's compiler and cached in the user's cache."""

from __future__ import annotations

import ctypes
import functools
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.util import native_code as c_code
from hawx_hw.util.native_code import CompilerError

__all__ = ["VARIANTS", "CompilerError", "Variant", "library", "supported"]

_SOURCES = Path(__file__).parent / "kernels"


@dataclass(frozen=True)
class Variant:
    """The kernels for one instruction set.

    Parameters
    ----------
    name : str
    flags : tuple of str
        Flags of the compiler.
    feature : int
        Bit that ``hawx_features`` sets where the CPU supports the variant; 0 where every CPU does.
    """

    name: str
    flags: tuple[str, ...]
    feature: int


#: Every variant, in the order of increasing vector width.
VARIANTS = (
    Variant("baseline", ("-DVECTOR=16",), 0),
    Variant("avx2", ("-DVECTOR=32", "-mavx2", "-mfma"), 1),
    Variant(
        "avx512",
        (
            "-DVECTOR=64",
            "-mavx512f",
            "-mavx512bw",
            "-mavx512vl",
            "-mavx512dq",
            "-mfma",
            "-mprefer-vector-width=512",
        ),
        2,
    ),
)

# The kernels' floating point is exact in any order, and never traps.
_FLAGS = ("-O3", "-fno-math-errno", "-fno-trapping-math")


@functools.cache
def supported() -> tuple[Variant, ...]:
    """The variants that this CPU supports, the widest first.

    Raises
    ------
    CompilerError
        The kernels cannot be compiled.
    """
    functions = c_code.load(_SOURCES / "features.c", _FLAGS)
    functions.hawx_features.restype = ctypes.c_int64
    features = functions.hawx_features()
    return tuple(v for v in reversed(VARIANTS) if v.feature & features == v.feature)


@functools.cache
def library(variant: Variant) -> ctypes.CDLL:
    """The kernels of ``variant``, compiled if they are not in the cache yet.

    Raises
    ------
    CompilerError
        The kernels cannot be compiled.
    """
    return c_code.load(_SOURCES / "kernels.c", (*_FLAGS, *variant.flags))
