"""Blocks on an FPGA: in look-up tables, and the exact one also in a hard multiplier."""

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

__all__ = ["FpgaComparison", "characterize_fpga"]


@dataclass(frozen=True)
class FpgaComparison:
    """A block on an FPGA.

    Parameters
    ----------
    block, family : str
    errors : Errors
    multipliers : bool
        Whether the FPGA's hard multipliers were allowed.
    implementation : str
        The implementation with the fewest look-up tables.
    metrics : FpgaMetrics
    saving : float
        Saving of look-up tables, against the exact block without multipliers; negative where it
        takes more.
    """

    block: str
    family: str
    errors: Errors
    multipliers: bool
    implementation: str
    metrics: FpgaMetrics
    saving: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        metrics = self.metrics.as_dict()
        return {
            "block": self.block,
            "family": self.family,
            "mae": self.errors.mae,
            "mean_error": self.errors.mean,
            "deviation": self.errors.deviation,
            "multipliers": self.multipliers,
            "implementation": self.implementation,
            **{name: value for name, value in metrics.items() if name != "key"},
            "lut_saving": self.saving,
            "runs": {"synthesis": metrics["key"]},
        }


def characterize_fpga(
    blocks: Sequence[Block],
    family: FpgaFamily,
    *,
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> list[FpgaComparison]:
    """Compare blocks in look-up tables; ``exact`` once more in a hard multiplier.

    Parameters
    ----------
    blocks : sequence of Block
        The blocks, ``exact`` among them.
    family : FpgaFamily
    jobs : int
        Number of parallel syntheses.
    store : Store or None
    progress : callable or None
        Called with the number of syntheses done and their total.

    Raises
    ------
    ValueError
        There is no exact block among ``blocks``.
    UserError
        Yosys is missing.
    """
    names = [block.name for block in blocks]
    if "exact" not in names:
        raise ValueError(f"blocks must contain exact, not only {', '.join(names)}")
    pairs = [
        (block, implementation) for block in blocks for implementation in block.implementations
    ]
    designs = [(design.files, design.top) for design in implementation_verilog(pairs)]
    runs = [(pair, design, False) for pair, design in zip(pairs, designs, strict=True)]
    runs += [
        (pair, design, True)
        for pair, design, _ in runs
        if (pair[0].name, pair[1]) == ("exact", "multiply")
    ]
    results = synthesize_fpga_all(
        [(*design, dsp) for _, design, dsp in runs],
        family, jobs=jobs, store=store, progress=progress,
    )  # fmt: skip
    best: dict[tuple[str, bool], tuple[str, FpgaMetrics]] = {}
    for ((block, implementation), _, dsp), metrics in zip(runs, results, strict=True):
        key = block.name, dsp
        if key not in best or metrics.luts < best[key][1].luts:
            best[key] = implementation, metrics
    soft = best["exact", False][1].luts
    comparisons = []
    for block in blocks:
        for dsp in (True, False):
            if (block.name, dsp) in best:
                implementation, metrics = best[block.name, dsp]
                comparisons.append(
                    FpgaComparison(
                        block.name, block.family, errors(block), dsp, implementation, metrics,
                        1 - metrics.luts / soft,
                    )
                )  # fmt: skip
    return comparisons
