"""Blocks on an FPGA: exact in its multipliers, exact in look-up tables, approximate in these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hawx_hw.blocks.block import Block
from hawx_hw.characterization.savings import Errors, errors
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.synthesis.fpga import FpgaMetrics, synthesize_fpga_all
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import FpgaFamily

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["FpgaRow", "characterize_fpga"]


@dataclass(frozen=True)
class FpgaRow:
    """A block on an FPGA.

    Parameters
    ----------
    block, family : str
    errors : Errors
    multipliers : bool
        Whether the FPGA's own multipliers were allowed.
    implementation : str
        Of all, the one with the fewest look-up tables.
    figures : FpgaMetrics
    saving : float
        Of look-up tables, against the exact block without multipliers; negative where it takes
        more.
    """

    block: str
    family: str
    errors: Errors
    multipliers: bool
    implementation: str
    figures: FpgaMetrics
    saving: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = self.figures.as_dict()
        return {
            "block": self.block,
            "family": self.family,
            "mae": self.errors.mae,
            "mean_error": self.errors.mean,
            "deviation": self.errors.deviation,
            "multipliers": self.multipliers,
            "implementation": self.implementation,
            **{name: value for name, value in found.items() if name != "key"},
            "lut_saving": self.saving,
            "runs": {"synthesis": found["key"]},
        }


def characterize_fpga(
    blocks: Sequence[Block],
    family: FpgaFamily,
    *,
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> list[FpgaRow]:
    """A row for each block in look-up tables, and one more for ``exact`` in a multiplier.

    Parameters
    ----------
    blocks : sequence of Block
        ``exact`` among them.
    family : FpgaFamily
    jobs : int
        How many syntheses run at a time.
    store : Store or None
    progress : callable or None
        Told how many syntheses of how many are done.

    Raises
    ------
    ValueError
        There is no exact block among ``blocks``.
    UserError
        Yosys is missing.
    """
    names = [block.name for block in blocks]
    if "exact" not in names:
        raise ValueError(f"blocks must hold exact, not only {', '.join(names)}")
    pairs = [
        (block, implementation) for block in blocks for implementation in block.implementations
    ]
    designs = [(design.files, design.top) for design in implementation_verilog(pairs)]
    wanted = [(pair, design, False) for pair, design in zip(pairs, designs, strict=True)]
    wanted += [
        (pair, design, True)
        for pair, design, _ in wanted
        if (pair[0].name, pair[1]) == ("exact", "multiply")
    ]
    figures = synthesize_fpga_all(
        [(*design, dsp) for _, design, dsp in wanted],
        family, jobs=jobs, store=store, progress=progress,
    )  # fmt: skip
    best: dict[tuple[str, bool], tuple[str, FpgaMetrics]] = {}
    for ((block, implementation), _, dsp), found in zip(wanted, figures, strict=True):
        key = block.name, dsp
        if key not in best or found.luts < best[key][1].luts:
            best[key] = implementation, found
    soft = best["exact", False][1].luts
    rows = []
    for block in blocks:
        for dsp in (True, False):
            if (block.name, dsp) in best:
                implementation, found = best[block.name, dsp]
                rows.append(
                    FpgaRow(
                        block.name, block.family, errors(block), dsp, implementation, found,
                        1 - found.luts / soft,
                    )
                )  # fmt: skip
    return rows
