"""A design that is built for its numbers alone: emitted, synthesized and measured, then dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.design.sources import verilog_sources
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.util.files import read_text
from hawx_hw.util.scratch import scratch_folder
from hawx_hw.verification.power import WiresKind, measure_power

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hawx_hw.architectures.base import Plan
    from hawx_hw.netlist.timing import Path
    from hawx_hw.power.result import PowerResult
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology
    from hawx_hw.util.progress import Progress

__all__ = ["MeasuredDesign", "measure_design"]


@dataclass(frozen=True, eq=False)
class MeasuredDesign:
    """The numbers of a design.

    Parameters
    ----------
    mapped : Mapped
        Its cells.
    longest_path : Path
    delays : mapping of str to float
        The longest path that ends in each module, in ns.
    power : PowerResult
    """

    mapped: Mapped
    longest_path: Path
    delays: Mapping[str, float]
    power: PowerResult


def measure_design(
    plan: Plan,
    images: NDArray[np.int8],
    technology: Technology,
    *,
    implementations: Mapping[str, str],
    period_ns: float | None = None,
    clock_mhz: float | None = None,
    clock_gating: bool = True,
    glitch_cycles: int | None = None,
    wires: WiresKind = "none",
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> MeasuredDesign:
    """Build a design in a scratch folder, and run images through its gates.

    Parameters
    ----------
    plan : Plan
    images : ndarray of int8, shape (images, *input shape)
        Codes.
    technology : Technology
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.
    period_ns : float or None
        The period that synthesis maps for; None for the shortest paths.
    clock_mhz : float or None
        The clock that power is measured at; None: the technology's.
    clock_gating : bool
    glitch_cycles : int or None
        How many cycles of an image are timed; glitches do not count if None.
    wires : {"none", "estimated", "measured"}
        By which wire load model of the technology the capacitance of wires counts in power.
    jobs : int
        How many modules are synthesized at a time.
    store : Store or None
        Of synthesized modules.
    progress : callable or None
        Gets the number of cycles that are simulated, and of all.

    Raises
    ------
    VerificationError
        The netlist computes something else than the integer model, or in another time.
    UserError
        A tool is missing, or the design cannot be emitted.
    """
    with scratch_folder("design") as folder:
        # With one hash in all designs they share more modules.
        emit_accelerator(plan, folder, config_hash=0, implementations=implementations)
        sources = {path.name: read_text(path) for path in verilog_sources(folder)}
        (mapped,) = map_designs(
            [(sources, TOP)],
            technology,
            period_ns=period_ns,
            clock_gating=clock_gating,
            jobs=jobs,
            store=store,
        )
        path, delays = longest_path(mapped.flat)
        power = measure_power(
            mapped.flat,
            plan,
            folder / "mem",
            images,
            technology,
            longest_path_ns=path.delay,
            clock_mhz=clock_mhz,
            clock_gating=clock_gating,
            glitch_cycles=glitch_cycles,
            wires=wires,
            progress=progress,
        )
    return MeasuredDesign(mapped, path, delays, power)
