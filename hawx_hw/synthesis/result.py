"""What synthesis measured, and synth.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from hawx_hw.netlist.report import NetlistReport
from hawx_hw.util.results import Record, Result

if TYPE_CHECKING:
    from hawx_hw.technology import Technology

__all__ = [
    "OpenStaTiming",
    "SynthResult",
    "SynthesisOptions",
    "TechnologyName",
    "Timing",
    "WiresTiming",
]


class TechnologyName(Record):
    """A technology, as results name it.

    Parameters
    ----------
    name : str
        As in the config.
    library : str
        Name of the liberty library.
    sha256 : str
        Of the liberty file.
    """

    name: str
    library: str
    sha256: str

    @classmethod
    def of(cls, technology: Technology) -> TechnologyName:
        """The name of a technology."""
        return cls(name=technology.name, library=technology.library.name, sha256=technology.digest)


class SynthesisOptions(Record):
    """How the design was mapped.

    Parameters
    ----------
    period_ns : float or None
        Clock period; None for the shortest.
    booth : bool
        Whether multipliers were built with Booth recoding.
    flatten : bool
        Whether the hierarchy was dissolved.
    clock_gating : bool
        Whether clock gates were asked for.
    """

    period_ns: float | None
    booth: bool
    flatten: bool
    clock_gating: bool


class OpenStaTiming(Record):
    """The longest path as OpenSTA computes it.

    Parameters
    ----------
    longest_path_ns : float
        Set-up time included.
    start, end : str
        Pins.
    version : str
        OpenSTA's.
    """

    longest_path_ns: float
    start: str
    end: str
    version: str


class WiresTiming(Record):
    """The longest path with an estimate of wires, before there is a layout.

    Parameters
    ----------
    longest_path_ns : float
        With wires.
    module : str
        The module in which it ends.
    model : str
        Source of the wire load model.
    error : float or None
        Of the lengths that it gives for a layout in all, as a share, where that was measured.
    """

    longest_path_ns: float
    module: str
    model: str
    error: float | None = None


class Timing(Record):
    """The longest path between registers.

    Parameters
    ----------
    method : str
        How paths were determined.
    longest_path_ns : float
        Without wires.
    module : str
        The module in which it ends.
    end : str
        The pin at which it ends.
    by_module_ns : mapping of str to float
        The longest path that ends in each module.
    with_wires : WiresTiming or None
        The same with an estimate of wires; None where the technology states no wire load model.
    with_measured_wires : WiresTiming or None
        The same with a model of wires that was fitted to layouts; None where the technology states
        no capacitance of a wire for it.
    opensta : OpenStaTiming or None
    opensta_left_out : str or None
        Why OpenSTA was not asked; None where it was, or was not wanted.
    """

    method: str
    longest_path_ns: float
    module: str
    end: str
    by_module_ns: Mapping[str, float]
    with_wires: WiresTiming | None = None
    with_measured_wires: WiresTiming | None = None
    opensta: OpenStaTiming | None
    opensta_left_out: str | None = None


class SynthResult(NetlistReport, Result):
    """The content of synth.json.

    Parameters
    ----------
    top : str
        Name of the top module.
    technology : TechnologyName
    options : SynthesisOptions
    keys : mapping of str to str
        Key of each module in the store of synthesized modules.
    timing : Timing
    """

    FILE: ClassVar[str] = "synth.json"
    STAGE: ClassVar[str] = "synth"
    SCHEMA: ClassVar[int] = 2

    top: str
    technology: TechnologyName
    options: SynthesisOptions
    keys: Mapping[str, str]
    timing: Timing
