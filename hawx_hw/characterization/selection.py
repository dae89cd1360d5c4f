"""The blocks that a characterization shows by default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.lower_precision import Precision
from hawx_hw.blocks.registry import by_name

__all__ = ["SELECTION", "compared_with", "distinct", "every_block", "selection"]

#: The most common members of each family of signed blocks, from slightly to coarsely approximate.
SELECTION = (
    "exact",
    "array(0,0,3)", "array(0,0,4)", "array(1,0,0)", "array(1,0,4)", "array(1,1,0)", "array(2,0,5)",
    "array(3,0,0)", "array(2,2,0)", "array(3,3,0)",
    "broken_array(hbl=0,vbl=6,transposed=0)", "constant_correction(v=6)",
    "variable_correction(v=6)", "perforation(j=0,m=2)", "booth_perforation(j=0,m=1)",
    "roup(p=1,r=1)", "roupa(p=0,r=4)", "rad(k=4)", "drum(k=4)", "dsm(k=4)", "ssm(k=4)",
    "compressor(design=1,c=8)", "loa(k=4)", "mitchell(w=5)", "roba", "kulkarni(c=3)",
    "or_columns(k=4)", "rounding(a=2,b=2)",
)  # fmt: skip


def selection() -> list[Block]:
    """The blocks of :data:`SELECTION`."""
    return [by_name(name) for name in SELECTION]


def every_block() -> list[Block]:
    """Every table of the library once."""
    from hawx_hw.blocks.catalogue import library_entries

    return [entry.block for entry in library_entries()]


def compared_with() -> list[Block]:
    """The exact block, and the lower precisions that the library lists."""
    from hawx_hw.blocks.families.lower_precision import catalogue

    return [by_name("exact"), *(block for block in catalogue() if isinstance(block, Precision))]


def distinct(blocks: Iterable[Block]) -> Sequence[Block]:
    """Each name once, in order."""
    return list({block.name: block for block in blocks}.values())
