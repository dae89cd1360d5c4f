"""Synthesizes a design: Yosys on each of its modules, then areas and the longest path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.synthesis.opensta import find_opensta, opensta_timing
from hawx_hw.synthesis.result import (
    SynthesisOptions,
    SynthResult,
    TechnologyName,
    Timing,
    WiresTiming,
)
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import Technology
from hawx_hw.technology.wires import MeasuredWireModel, WireModel
from hawx_hw.util.files import read_text, write_text

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["OPENSTA_CELLS", "Synthesized", "synthesize"]

#: Designs with more cells are not given to OpenSTA unless asked for: it flattens the hierarchy.
OPENSTA_CELLS = 200_000


@dataclass(frozen=True)
class Synthesized:
    """A synthesized design.

    Parameters
    ----------
    result : SynthResult
    netlist : Path
        The mapped Verilog: standard cells and memory macros, with their hierarchy.
    mapped : Netlist
        The same, read.
    """

    result: SynthResult
    netlist: Path
    mapped: Netlist


def synthesize(
    sources: Sequence[Path],
    top: str,
    technology: Technology,
    *,
    workdir: Path,
    period_ns: float | None = None,
    booth: bool = False,
    flatten: bool = False,
    clock_gating: bool = False,
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
    opensta: bool | None = None,
    timeout: float = 1800.0,
) -> Synthesized:
    """Map a design onto the cells of a technology.

    Each module is mapped by itself, once, and counted as often as the design holds it; see
    :mod:`hawx_hw.synthesis.modules`. Memory macros
    (:data:`~hawx_hw.util.macros.MACROS`) stay black boxes, of which the bits are counted.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files; ``HAWX_BLACKBOX`` is defined while they are read.
    top : str
        Name of the top module; its clock is the port ``clk``.
    technology : Technology
    workdir : Path
        Gets ``netlist.v``, and ``opensta.*`` if OpenSTA ran; created if need be.
    period_ns : float or None
        Clock period in ns to map, buffer and size for; None goes for the shortest.
    booth : bool
        Whether multipliers are built with Booth recoding.
    flatten : bool
        Whether the hierarchy is dissolved first.
    clock_gating : bool
        Whether flip-flops with an enable are clocked through a gate, in a library that has one.
    jobs : int
        How many modules are synthesized at a time.
    store : Store or None
        Where modules that were synthesized before are kept.
    progress : callable or None
        Called with how many of the modules that the store lacks are done, and how many it lacks.
    opensta : bool or None
        Whether OpenSTA is asked too; None asks it where it is installed, for at most
        :data:`OPENSTA_CELLS` cells.
    timeout : float
        Seconds for Yosys, and again for OpenSTA.

    Raises
    ------
    ValueError
        ``period_ns`` or ``jobs`` is not positive, or ``sources`` is empty.
    UserError
        A source or Yosys is missing, Yosys refused the design or took too long, or the library
        lacks a cell that the design needs.
    """
    if period_ns is not None and not period_ns > 0:
        raise ValueError(f"period_ns must be positive, not {period_ns!r}")
    if not sources:
        raise ValueError("sources must be at least one file, not none")
    texts: dict[str, str] = {}
    for source in sources:
        if not source.is_file():
            raise UserError("There is no such Verilog file.", where=str(source))
        try:
            texts[str(source)] = read_text(source)
        except ValueError:
            raise UserError("The Verilog file is no text in UTF-8.", where=str(source)) from None
    (mapped,) = map_designs(
        [(texts, top)],
        technology,
        period_ns=period_ns,
        booth=booth,
        flatten=flatten,
        clock_gating=clock_gating,
        jobs=jobs,
        store=store,
        timeout=timeout,
        progress=progress,
    )
    netlist = mapped.netlist
    write_text(workdir / "netlist.v", mapped.verilog)
    result = SynthResult(
        **dict(netlist.report()),
        top=top,
        technology=TechnologyName.of(technology),
        options=SynthesisOptions(
            period_ns=period_ns, booth=booth, flatten=flatten, clock_gating=clock_gating
        ),
        keys=mapped.keys,
        timing=_timing(mapped, technology, workdir=workdir, opensta=opensta, timeout=timeout),
    )
    return Synthesized(result, workdir / "netlist.v", netlist)


def _timing(
    mapped: Mapped,
    technology: Technology,
    *,
    workdir: Path,
    opensta: bool | None,
    timeout: float,
) -> Timing:
    try:
        flat = mapped.flat
    except ValueError as error:
        raise UserError(f"{error}.", hint="Let one cell or module drive each net.") from error
    try:
        path, by_module = longest_path(flat)
    except ValueError as error:
        raise UserError(f"{error}.", hint="Break the loop with a register.") from error
    left_out = None
    if opensta is None and find_opensta() is None:
        left_out = "not installed"
    elif opensta is None and flat.cells > OPENSTA_CELLS:
        left_out = f"more than {OPENSTA_CELLS} cells"
    sign_off = None
    if opensta is not False and left_out is None:
        sign_off = opensta_timing(
            workdir / "netlist.v",
            mapped.netlist.top,
            technology,
            workdir=workdir,
            timeout=timeout,
        )
    return Timing(
        method="liberty tables, whole hierarchy, no wires",
        longest_path_ns=round(path.delay, 4),
        module=path.module,
        end=path.end,
        by_module_ns=by_module,
        with_wires=_with_wires(flat, technology.wires),
        with_measured_wires=_with_wires(flat, technology.measured_wires),
        opensta=sign_off,
        opensta_left_out=left_out,
    )


def _with_wires(
    flat: FlatNetlist, model: WireModel | MeasuredWireModel | None
) -> WiresTiming | None:
    """The longest path with a wire load model."""
    if model is None:
        return None
    path, _ = longest_path(flat, model)
    return WiresTiming(
        longest_path_ns=round(path.delay, 4),
        module=path.module,
        model=model.lengths_source,
        error=model.error,
    )
