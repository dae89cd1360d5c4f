"""Power of the designs that a chosen one is compared with, and references.json."""

from __future__ import annotations

from typing import ClassVar

from hawx_hw.power.result import PowerResult
from hawx_hw.util.results import Record, Result

__all__ = ["ReferenceDesign", "ReferencesResult"]


class ReferenceDesign(Record):
    """A design on the same network that was synthesized and measured as the chosen one.

    Parameters
    ----------
    what : str
        What it is, in words.
    accelerator : str
        Size of its accelerator.
    blocks : tuple of str
        Names of its blocks.
    accuracy : float or None
        On all test images, in [0, 1]; None where all blocks are exact.
    area : float
        Of its cells in the library's unit, um2 in most.
    longest_path_ns : float
        Without wires.
    power : PowerResult
    """

    what: str
    accelerator: str
    blocks: tuple[str, ...]
    accuracy: float | None
    area: float
    longest_path_ns: float
    power: PowerResult


class ReferencesResult(Result):
    """The content of references.json.

    Parameters
    ----------
    designs : tuple of ReferenceDesign
        Exact blocks, then lower precision alone; without those that the chosen design is itself.
    """

    FILE: ClassVar[str] = "references.json"
    STAGE: ClassVar[str] = "references"
    SCHEMA: ClassVar[int] = 2

    designs: tuple[ReferenceDesign, ...]
