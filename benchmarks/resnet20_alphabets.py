"""The blocks that ResNet-20 is searched with, and what a multiplication takes."""

from __future__ import annotations

from collections.abc import Sequence

from hawx_hw.blocks import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.synthesis.store import default_store
from hawx_hw.technology import load

__all__ = ["ALPHABETS", "ENERGIES", "UNIFORM", "alphabet", "energies_of"]

ALPHABETS = ("precision", "blocks", "both")
ENERGIES = ("generic45", "published")

#: Bits of weight and activation. No other exact multiplier has both a smaller energy and, with
#: weights chosen together, a smaller error of the sums of the published network, or nearly.
_PRECISION = ((5, 8), (5, 7), (4, 7), (4, 6), (3, 6), (2, 6), (4, 5), (3, 5), (2, 5), (2, 4))
#: Likewise, of approximate ones. Truncation of operands, ``array(ha,hb,0)``, is an exact multiplier
#: of fewer bits.
_BLOCKS = ("array(3,1,6)", "array(5,2,8)", "array(6,2,9)", "roup(p=1,r=4)", "roup(p=2,r=5)")
#: Evaluated for all layers.
UNIFORM = {
    "generic45": tuple(f"precision(w={w},a={a})" for w, a in ((4, 6), (4, 5), (3, 5))),
    "published": ("precision(w=5,a=8)", "precision(w=4,a=8)", "precision(w=3,a=8)"),
}
#: Power in mW at 45 nm. Exact ones with an operand of 8 bits: EvoApproxLib's unsigned multipliers;
#: of equal operands: its signed 1L2J, 1L2L and 1L2N, which truncate both.
_PUBLISHED = {
    "exact": 0.425,
    **{f"precision(w={w},a=8)": mw for w, mw in zip(range(7, 1, -1), (
        0.336, 0.267, 0.198, 0.137, 0.082, 0.033), strict=True)},
    **{f"precision(w=8,a={a})": mw for a, mw in zip(range(7, 2, -1), (
        0.336, 0.267, 0.198, 0.137, 0.082), strict=True)},
    "precision(w=7,a=7)": 0.301,
    "precision(w=6,a=6)": 0.200,
    "precision(w=5,a=5)": 0.126,
}  # fmt: skip
_PUBLISHED_BLOCKS = {
    "array(0,0,2)": 0.422,
    "array(0,0,3)": 0.410,
    "array(0,0,4)": 0.391,
    "array(1,0,3)": 0.363,
    "array(1,0,4)": 0.351,
    "array(2,0,5)": 0.289,
}


def alphabet(name: str, energies: str) -> tuple[str, ...]:
    """Names of the blocks of one of :data:`ALPHABETS`, the exact one first."""
    if energies == "generic45":
        precision = tuple(f"precision(w={w},a={a})" for w, a in _PRECISION)
        blocks = _BLOCKS
    else:
        precision, blocks = tuple(_PUBLISHED)[1:], tuple(_PUBLISHED_BLOCKS)
    return (
        "exact",
        *(precision if name != "blocks" else ()),
        *(blocks if name != "precision" else ()),
    )


def energies_of(blocks: Sequence[Block], energies: str) -> list[float]:
    """Energy of a multiplication of each block: in fJ, or in proportion to published power."""
    if energies == "generic45":
        table = BlockTable().completed(blocks, load("generic45"), store=default_store())
        return [table.chosen(block).energy_fj for block in blocks]
    known = {by_name(name).digest: mw for name, mw in (_PUBLISHED | _PUBLISHED_BLOCKS).items()}
    return [known[block.digest] for block in blocks]
