"""Power of a synthesized accelerator, from the toggles of real images on its gates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.base import Plan
from hawx_hw.netlist.arcs import loads
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.timed import library_delays
from hawx_hw.netlist.wires import Wires, wires_of
from hawx_hw.power.clock import clock_of
from hawx_hw.power.model import PowerModel
from hawx_hw.power.report import power_report
from hawx_hw.power.result import CountedWires, PowerReport, PowerResult
from hawx_hw.synthesis.result import TechnologyName
from hawx_hw.technology import Technology
from hawx_hw.verification.gate_level import simulate_accelerator
from hawx_hw.verification.memory_images import check_memory_images

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["WiresKind", "measure_power"]

#: Which wires count.
WiresKind = Literal["none", "estimated", "measured"]
_WIRES = {
    "none": "no wires",
    "estimated": "wires by the technology's table",
    "measured": "wires as in routed layouts",
}


def measure_power(
    flat: FlatNetlist,
    plan: Plan,
    memories: Path,
    images: NDArray[np.int8],
    technology: Technology,
    *,
    longest_path_ns: float,
    clock_mhz: float | None = None,
    clock_gating: bool = True,
    glitch_cycles: int | None = None,
    wires: WiresKind = "none",
    progress: Progress | None = None,
) -> PowerResult:
    """Run images through the gates, and weigh what toggles.

    Parameters
    ----------
    flat : FlatNetlist
        The mapped accelerator of ``plan``.
    plan : Plan
    memories : Path
        The folder with the contents of its read-only memories.
    images : ndarray of int8, shape (images, *input shape)
        Codes.
    technology : Technology
    longest_path_ns : float
        It limits the clock.
    clock_mhz : float or None
        None: the technology's.
    clock_gating : bool
        Whether synthesis gates clocks: then those of memories of flip-flops are gated, too.
    glitch_cycles : int or None
        How many cycles of an image are timed, to estimate what pulses within a cycle take; these do
        not count if None.
    wires : {"none", "estimated", "measured"}
        By which wire load model of the technology the capacitance of wires counts.
    progress : callable or None
        Gets the number of cycles that are simulated, and of all.

    Raises
    ------
    VerificationError
        The netlist computes something else than the integer model, or in another time; or a memory
        image is not that of the network.
    UserError
        A memory's file is missing, the design cannot be simulated, or the technology has no such
        wire load model.
    """
    check_memory_images(plan, memories)
    model = technology.wire_model(wires)
    counted = None if model is None else wires_of(flat, model)
    wires_ff = None if counted is None else counted.capacitance_ff
    activity = simulate_accelerator(
        flat,
        plan,
        memories,
        images,
        delays=library_delays(flat, wires_ff=wires_ff) if glitch_cycles else None,
        timed_cycles=glitch_cycles,
        progress=progress,
    )
    clock, source = clock_of(clock_mhz, technology.clock_mhz, longest_path_ns)
    report = power_report(
        PowerModel(flat, technology.supply, wires_ff=wires_ff),
        activity.layers,
        technology.memories.gated(clock_gating),
        part_of=plan.part_of,
        clock_mhz=clock,
        images=len(images),
        memory_models=technology.memory_models,
        timed=activity.timed,
    )
    return PowerResult(
        **dict(report),
        technology=TechnologyName.of(technology),
        clock=source,
        method=f"toggles {_glitches(report)}, liberty energies; {_WIRES[wires]}, no clock tree",
        wires=_counted(flat, wires, counted),
    )


def _counted(flat: FlatNetlist, kind: WiresKind, wires: Wires | None) -> CountedWires | None:
    if wires is None or kind == "none":
        return None
    return CountedWires(
        kind=kind,
        model=wires.model.lengths_source,
        capacitance_ff=float(f"{wires.capacitance_ff.sum():.6g}"),
        pins_ff=float(f"{loads(flat).sum():.6g}"),
        error=wires.model.error,
    )


def _glitches(report: PowerReport) -> str:
    if report.glitches is None:
        return "without glitches"
    if report.glitches.cycles == report.cycles:
        return "with glitches"
    return f"with glitches (estimated from {report.glitches.cycles} cycles with delays)"
