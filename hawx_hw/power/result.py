"""Power and energy of an accelerator, and power.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from hawx_hw.synthesis.result import TechnologyName
from hawx_hw.util.results import Record, Result

__all__ = [
    "Accesses",
    "ClockTree",
    "ClockedModule",
    "CountedWires",
    "GlitchShare",
    "Glitches",
    "GroupPower",
    "LayerPower",
    "MacroPower",
    "MemoryModelEnergy",
    "PowerMetrics",
    "PowerReport",
    "PowerResult",
]


class PowerMetrics(Record):
    """Power while an image, or a layer, is computed; energy of an image, which is power times time.

    Parameters
    ----------
    internal_uw, switching_uw, glitch_uw, clock_uw, memory_uw, leakage_uw : float
        Power by kind, in uW: inside cells and on nets between settled states, of the pulses in
        between in both, of the clock (its pins and gates), of accesses to memories, leakage of all.
    power_uw : float
        Their sum.
    energy_pj : float
        Their sum times the time of an image or a layer.
    """

    internal_uw: float
    switching_uw: float
    glitch_uw: float
    clock_uw: float
    memory_uw: float
    leakage_uw: float
    power_uw: float
    energy_pj: float


class GroupPower(PowerMetrics):
    """Power of one part, block, holder of blocks or kind of module.

    Parameters
    ----------
    instances : int or None
        How many there are; None of a part.
    """

    instances: int | None = None


class LayerPower(PowerMetrics):
    """Power while one layer is computed.

    Parameters
    ----------
    name : str
        The layer's title.
    cycles : int
        Of an image.
    parts, blocks : mapping of str to float
        Energy in pJ an image, by part and by block.
    part_glitches : mapping of str to float
        Of the parts' energy that of glitches.
    """

    name: str
    cycles: int
    parts: Mapping[str, float]
    part_glitches: Mapping[str, float]
    blocks: Mapping[str, float]


class Accesses(Record):
    """How often an image accesses a memory.

    Parameters
    ----------
    reads, writes : float
        Words, the mean of the images.
    """

    reads: float
    writes: float


class MemoryModelEnergy(Record):
    """Energy of an image under one memory model.

    Parameters
    ----------
    memories_pj : float
        Of the accesses to memories, and of their clocks.
    energy_pj : float
        Of all.
    """

    memories_pj: float
    energy_pj: float


class MacroPower(Record):
    """A memory macro.

    Parameters
    ----------
    path : str
        Where it stands in the hierarchy.
    kind : str
        The macro module.
    width, depth : int
        Bits of a word, and words.
    reads, writes : float
        Accesses an image.
    layers : mapping of str to Accesses
        The same by layer.
    read_energy_fj, write_energy_fj : float
        Of one access.
    clock_fj : float
        Of the clock in each cycle, accessed or not.
    energy_pj : float
        Of an image's accesses, and of the clock.
    memory_models : mapping of str to float
        The same under each memory model.
    leakage_nw : float
        Leakage power of the memory.
    source : str
        Where these numbers come from.
    """

    path: str
    kind: str
    width: int
    depth: int
    reads: float
    writes: float
    layers: Mapping[str, Accesses]
    read_energy_fj: float
    write_energy_fj: float
    clock_fj: float
    energy_pj: float
    memory_models: Mapping[str, float]
    leakage_nw: float
    source: str


class ClockedModule(Record):
    """The flip-flops of a kind of module, in all of its instances.

    Parameters
    ----------
    clock_gates : int
        Clock gates in the module, the modules within it included.
    gated, free : int
        Flip-flops behind one of these gates, and those that are clocked in every cycle.
    """

    clock_gates: int
    gated: int
    free: int


class ClockTree(Record):
    """Who is clocked, and what a tree of buffers is estimated to take besides.

    Parameters
    ----------
    modules : mapping of str to ClockedModule
    buffer : str or None
        The buffer that the estimate is of; None where the library has none.
    buffers : int
        How many of them, estimated.
    estimated_uw : float
        Their power in uW; in no other number of the report.
    """

    modules: Mapping[str, ClockedModule]
    buffer: str | None
    buffers: int
    estimated_uw: float


class GlitchShare(Record):
    """What glitches add to the energy of cells and nets between settled states, without the clock.

    Parameters
    ----------
    settled_pj : float
        Energy of an image without glitches.
    glitch_pj : float
        What they add.
    standard_error_pj : float
        Of ``glitch_pj``, for only a sample of the cycles is timed; 0 where all are.
    """

    settled_pj: float
    glitch_pj: float
    standard_error_pj: float


class Glitches(GlitchShare):
    """How the energy of glitches is known.

    Parameters
    ----------
    cycles : int
        Cycles of an image that are timed.
    images : int
        Images with delays.
    parts : mapping of str to GlitchShare
        By part of the accelerator, where something switches.
    """

    cycles: int
    images: int
    parts: Mapping[str, GlitchShare]


class PowerReport(PowerMetrics):
    """Power of an accelerator that computes one image after another.

    Parameters
    ----------
    supply : float
        In V.
    clock_mhz : float
        The clock of all powers.
    images : int
        Images whose toggles were counted.
    cycles : int
        Of an image.
    layers : tuple of LayerPower
        In the order in which they run; then the cycles before and after them.
    parts, blocks, holders, modules : mapping of str to GroupPower
        The modules of each part of the accelerator, without the clock, which is a part of its own;
        the blocks; the modules that hold blocks, such as PEs or lanes, with all that they hold; the
        kinds of modules, each without what it instantiates.
    memory_model : str
        The memory model in use.
    memory_models : mapping of str to MemoryModelEnergy
        Energy under each memory model; stated macros count in all.
    memories : tuple of MacroPower
    clock_tree : ClockTree
    glitches : Glitches or None
        None where they do not count.
    """

    supply: float
    clock_mhz: float
    images: int
    cycles: int
    layers: tuple[LayerPower, ...]
    parts: Mapping[str, GroupPower]
    blocks: Mapping[str, GroupPower]
    holders: Mapping[str, GroupPower]
    modules: Mapping[str, GroupPower]
    memory_model: str
    memory_models: Mapping[str, MemoryModelEnergy]
    memories: tuple[MacroPower, ...]
    clock_tree: ClockTree
    glitches: Glitches | None


class CountedWires(Record):
    """The wires whose capacitance counts in all numbers of a report.

    Parameters
    ----------
    kind : {"estimated", "measured"}
        By a table of the technology; or by lengths that were measured in layouts.
    model : str
        Source of the lengths.
    capacitance_ff : float
        Of all wires.
    pins_ff : float
        Of all pins that they lead to, for comparison.
    error : float or None
        Of the wires of a layout in all, as a share, where that was measured.
    """

    kind: Literal["estimated", "measured"]
    model: str
    capacitance_ff: float
    pins_ff: float
    error: float | None


class PowerResult(PowerReport, Result):
    """The content of power.json.

    Parameters
    ----------
    technology : TechnologyName
    clock : str
        Where the clock comes from.
    method : str
        What counts.
    wires : CountedWires or None
        None where none count.
    """

    FILE: ClassVar[str] = "power.json"
    STAGE: ClassVar[str] = "power"
    SCHEMA: ClassVar[int] = 5

    technology: TechnologyName
    clock: str
    method: str
    wires: CountedWires | None = None
