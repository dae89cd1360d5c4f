"""What software sees of a unit that is built for debugging: kinds of state, and counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out

from hawx_hw.architectures.simt.gateware.register_file import RegisterReads
from hawx_hw.architectures.simt.isa import PC_BITS
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.debug import DebugFormat

__all__ = [
    "COUNTERS",
    "FRONT_EVENTS",
    "KINDS",
    "READOUT_BITS",
    "EventLayout",
    "debug_format",
    "debugged_members",
]

#: What software reads of a unit.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "pc": "address of the warp's next instruction, or of the one that waits",
        "scalar": "s0 to s15 by NUMBER",
        "predicate": "p0 to p3 by NUMBER, lanes 32 PART and on",
        "vector": "register NUMBER of lane PART",
        "counter": "counter NUMBER",
    }
)
#: Bits of what is read.
READOUT_BITS = 32
#: What is counted in an inference, in the order of the counters' numbers. An idle cycle is one in
#: which the multiply engine does not walk; of its causes the first that applies counts.
COUNTERS: Mapping[str, str] = MappingProxyType(
    {
        "cycles": "cycles",
        "instructions": "instructions that ended",
        "multiply": "cycles in which the multiply engine walks",
        "post": "cycles in which the post engine walks",
        "wait_front_end": "idle cycles in which a warp is in the front end",
        "wait_post": "idle cycles in which a warp is in the post engine, or waits for it",
        "wait_drain": "idle cycles in which a stream instruction is about to end",
        "wait_result": "idle cycles in which a warp waits for the result memory",
        "wait_barrier": "idle cycles in which a warp waits at a barrier",
        "activation_reads": "words read of the activation memory",
        "window_hits": "words of runs that were in the windows",
        "weight_reads": "words read of the weight memory",
        "register_reads": "vector registers read, all lanes of one at a time",
        "register_writes": "vector registers written",
    }
)


def debug_format(unit: Unit) -> DebugFormat:
    """The port of a unit."""
    return DebugFormat(unit.warps, PC_BITS, KINDS)


#: What the front end counts of these.
FRONT_EVENTS = tuple(COUNTERS)[1:9]


class EventLayout(data.StructLayout):
    """How much each counter goes on in a cycle.

    Members
    -------
    (each counter's name)
        One bit; of ``instructions`` and what concerns registers a number.

    Parameters
    ----------
    unit : Unit
    names : sequence of str
        Of the counters.
    """

    def __init__(self, unit: Unit, names: Sequence[str] = tuple(COUNTERS)):
        bits = unit.warps.bit_length()
        widths = {"instructions": bits, "register_reads": 3, "register_writes": 2}
        super().__init__({name: widths.get(name, 1) for name in names})


def debugged_members(unit: Unit) -> dict[str, wiring.Member]:
    """What a front end with debugging has beside other ports: the port, events, and a reader."""
    return {
        "debug": Out(debug_format(unit).signature),
        "events": Out(EventLayout(unit, FRONT_EVENTS)),
        "inspected": Out(RegisterReads(unit)),
    }
