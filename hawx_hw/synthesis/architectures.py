"""Chooses how each block is built: the smallest or the fastest architecture of a technology."""

from __future__ import annotations

import hashlib
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, get_args

from hawx_hw.blocks.block import Block
from hawx_hw.datasets.folders import cache_folder
from hawx_hw.files import write_json
from hawx_hw.fingerprints import code_hash, json_hash
from hawx_hw.gateware.block_verilog import BlockVerilog, architecture_verilog
from hawx_hw.synthesis.run import synthesize
from hawx_hw.technology import Technology

__all__ = ["Choice", "Figures", "Objective", "choose", "choose_all", "compare_architectures"]

Objective = Literal["area", "delay"]


@dataclass(frozen=True)
class Figures:
    """What synthesis makes of one architecture.

    Parameters
    ----------
    architecture : str
    area : float
        Sum of the cells' areas in the library's unit, um2 in most.
    delay_ns : float
        The longest path, of cells alone, from inputs that all arrive at once.
    cells : int
    """

    architecture: str
    area: float
    delay_ns: float
    cells: int


@dataclass(frozen=True)
class Choice:
    """The architecture of a block for a technology.

    Parameters
    ----------
    block, digest : str
        Name of the block and hash of its table.
    technology : str
    objective : str
        ``area`` or ``delay``.
    architecture : str
        The chosen one.
    figures : tuple of Figures
        Of every architecture, in the block's order.
    """

    block: str
    digest: str
    technology: str
    objective: Objective
    architecture: str
    figures: tuple[Figures, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "figures": [asdict(figures) for figures in self.figures]}


def choose(
    block: Block,
    technology: Technology,
    objective: Objective = "area",
    *,
    period_ns: float | None = None,
    jobs: int = 1,
) -> Choice:
    """The best architecture of one block; see :func:`compare_architectures`."""
    (choice,) = compare_architectures(
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
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, str]:
    """The architecture of each block of a design, by the block's digest.

    Of blocks with one table the first counts, as everywhere. A block with one architecture is not
    synthesized.
    """
    distinct: dict[str, Block] = {}
    for block in blocks:
        distinct.setdefault(block.digest, block)
    open_ones = [block for block in distinct.values() if len(block.architectures) > 1]
    choices = compare_architectures(
        open_ones, technology, objective, period_ns=period_ns, jobs=jobs, progress=progress
    )
    chosen = {choice.digest: choice.architecture for choice in choices}
    return {
        digest: chosen.get(digest, block.architectures[0]) for digest, block in distinct.items()
    }


def compare_architectures(
    blocks: Sequence[Block],
    technology: Technology,
    objective: Objective = "area",
    *,
    period_ns: float | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Choice]:
    """Synthesize every architecture of each block and choose the best.

    They are synthesized as the accelerator is: each block is a module of its own there too, and
    multipliers that the Verilog writes as ``*`` are built plainly, without Booth recoding. Of equal
    architectures the one that the block names first is chosen. What was synthesized before, with
    the same Verilog, library, tools and options, comes from the user's cache.

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
    progress : callable or None
        Told how many architectures are done, and of how many.

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
    pairs = [(block, architecture) for block in blocks for architecture in block.architectures]
    designs = architecture_verilog(pairs)
    if designs:
        # Read once, before the threads ask for them.
        _ = technology.digest, technology.library
    measured: list[Figures] = []
    with ThreadPoolExecutor(jobs) as pool:
        # In this thread an interruption ends the tools at once.
        run: Any = map if jobs == 1 else pool.map
        for figures in run(
            lambda design, pair: _measure(design, pair[1], technology, period_ns), designs, pairs
        ):
            measured.append(figures)
            if progress is not None:
                progress(len(measured), len(pairs))
    results = iter(measured)
    choices = []
    for block in blocks:
        own = tuple(itertools.islice(results, len(block.architectures)))
        best = min(own, key=lambda f: f.area if objective == "area" else f.delay_ns)
        choices.append(
            Choice(block.name, block.digest, technology.name, objective, best.architecture, own)
        )
    return choices


def _measure(
    design: BlockVerilog, architecture: str, technology: Technology, period_ns: float | None
) -> Figures:
    key = _key(design, technology, period_ns)
    folder = cache_folder()
    kept = None if folder is None else folder / "architectures" / f"{key}.json"
    found = None if kept is None else _read(kept, key)
    if found is None:
        found = _synthesize(design, technology, period_ns)
        if kept is not None:
            _write(kept, key, found)
    return Figures(architecture, found["area"], found["delay_ns"], found["cells"])


def _key(design: BlockVerilog, technology: Technology, period_ns: float | None) -> str:
    """Hash of all that the figures depend on."""
    return json_hash(
        {
            "top": design.top,
            "files": dict(design.files),
            "library": technology.digest,
            "period_ns": period_ns,
            "pyosys": metadata.version("pyosys"),
            "code": [code_hash(part) for part in ("synthesis", "technology")],
        }
    )


def _synthesize(
    design: BlockVerilog, technology: Technology, period_ns: float | None
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hawx-block-") as name:
        folder = Path(name)
        # Numbers for names: a module's name may be longer than a file's may.
        sources = []
        for number, text in enumerate(design.files.values()):
            sources.append(folder / f"source_{number}.v")
            sources[-1].write_text(text)
        result = synthesize(
            sources,
            design.top,
            technology,
            workdir=folder / "synthesis",
            period_ns=period_ns,
            opensta=False,
        )
    return {
        "area": result.figures["area"],
        "delay_ns": result.figures["timing"]["longest_path_ns"],
        "cells": result.figures["cells"],
    }


def _read(path: Path, key: str) -> dict[str, Any] | None:
    """Figures that were kept; None where there are none, or they are damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        figures: dict[str, Any] = content["figures"]
        return figures if content["sha256"] == _sum(key, figures) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, key: str, figures: dict[str, Any]) -> None:
    try:
        write_json(path, {"figures": figures, "sha256": _sum(key, figures)})
    except OSError:
        # The cache only saves time.
        return


def _sum(key: str, figures: dict[str, Any]) -> str:
    text = key + json.dumps(figures, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
