"""Chooses how each block is built: the smallest or the fastest implementation of a technology."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from hawx_hw.blocks.block import Block
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.synthesis.store import Store, default_store
from hawx_hw.technology import Technology

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = [
    "OBJECTIVES",
    "Choice",
    "ImplementationMetrics",
    "Objective",
    "choose",
    "choose_all",
    "compare_implementations",
]

Objective = Literal["area", "delay"]
#: What the setting ``accelerator.block_implementation`` optimizes; ``"first"`` nothing.
OBJECTIVES: dict[str, Objective] = {"smallest": "area", "fastest": "delay"}


@dataclass(frozen=True)
class ImplementationMetrics:
    """Area, delay and cells of one implementation after synthesis.

    Parameters
    ----------
    implementation : str
    area : float
        Sum of the cells' areas in the library's unit, um2 in most.
    delay_ns : float
        The longest path, of cells alone, from inputs that all arrive at once.
    cells : int
    """

    implementation: str
    area: float
    delay_ns: float
    cells: int


@dataclass(frozen=True)
class Choice:
    """The implementation of a block for a technology.

    Parameters
    ----------
    block, digest : str
        Name of the block and hash of its table.
    technology : str
    objective : str
        ``area`` or ``delay``.
    implementation : str
        The chosen one.
    metrics : tuple of ImplementationMetrics
        One for each implementation, in the block's order.
    """

    block: str
    digest: str
    technology: str
    objective: Objective
    implementation: str
    metrics: tuple[ImplementationMetrics, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "metrics": [asdict(metrics) for metrics in self.metrics]}


def choose(
    block: Block,
    technology: Technology,
    objective: Objective = "area",
    *,
    period_ns: float | None = None,
    jobs: int = 1,
) -> Choice:
    """The best implementation of one block; see :func:`compare_implementations`."""
    (choice,) = compare_implementations(
        [block], technology, objective, period_ns=period_ns, jobs=jobs
    )
    return choice


def choose_all(
    blocks: Iterable[Block],
    technology: Technology,
    objective: Objective = "area",
    *,
    period_ns: float | None = None,
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> dict[str, str]:
    """The implementation of each block of a design, by the block's digest.

    Of blocks with one table the first counts, as everywhere. A block with one implementation is not
    synthesized.
    """
    distinct: dict[str, Block] = {}
    for block in blocks:
        distinct.setdefault(block.digest, block)
    open_ones = [block for block in distinct.values() if len(block.implementations) > 1]
    choices = compare_implementations(
        open_ones,
        technology,
        objective,
        period_ns=period_ns,
        jobs=jobs,
        store=store,
        progress=progress,
    )
    chosen = {choice.digest: choice.implementation for choice in choices}
    return {
        digest: chosen.get(digest, block.implementations[0]) for digest, block in distinct.items()
    }


def compare_implementations(
    blocks: Sequence[Block],
    technology: Technology,
    objective: Objective = "area",
    *,
    period_ns: float | None = None,
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> list[Choice]:
    """Synthesize every implementation of each block and choose the best.

    They are synthesized as the accelerator is: each block is a module of its own there too, and
    multipliers that the Verilog writes as ``*`` are built plainly, without Booth recoding. Of equal
    implementations the one that the block names first is chosen. What was synthesized before, with
    the same Verilog, library, tools and options, comes from the user's store.

    Parameters
    ----------
    blocks : sequence of Block
    technology : Technology
    objective : str
        ``area`` for the smallest, ``delay`` for the one with the shortest longest path.
    period_ns : float or None
        Clock period in ns to map for; None goes for the shortest paths.
    jobs : int
        How many syntheses run at a time.
    store : Store or None
        None for the user's.
    progress : callable or None
        Called with how many modules of how many are synthesized: those that were not before.

    Returns
    -------
    list of Choice
        One for each block.

    Raises
    ------
    ValueError
        ``objective`` is none of the two, or ``jobs`` is not positive.
    UserError
        Yosys is missing, or the library lacks a cell.
    """
    if objective not in get_args(Objective):
        raise ValueError(f"objective must be area or delay, not {objective!r}")
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs!r}")
    pairs = [
        (block, implementation) for block in blocks for implementation in block.implementations
    ]
    designs = implementation_verilog(pairs)
    mapped = map_designs(
        [(design.files, design.top) for design in designs],
        technology,
        period_ns=period_ns,
        jobs=jobs,
        store=store or default_store(),
        progress=progress,
    )
    measured = [
        _metrics(implementation, design)
        for (_, implementation), design in zip(pairs, mapped, strict=True)
    ]
    results = iter(measured)
    choices = []
    for block in blocks:
        own = tuple(itertools.islice(results, len(block.implementations)))
        best = min(own, key=lambda f: f.area if objective == "area" else f.delay_ns)
        choices.append(
            Choice(block.name, block.digest, technology.name, objective, best.implementation, own)
        )
    return choices


def _metrics(implementation: str, mapped: Mapped) -> ImplementationMetrics:
    report = mapped.netlist.report()
    path, _ = longest_path(mapped.flat)
    return ImplementationMetrics(implementation, report.area, round(path.delay, 4), report.cells)
