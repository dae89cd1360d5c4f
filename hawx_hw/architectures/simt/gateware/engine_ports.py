"""What joins the front end and the engines."""

from __future__ import annotations

from amaranth.hdl import unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out

from hawx_hw.architectures.simt.gateware.stream_faults import FaultLayout
from hawx_hw.architectures.simt.isa import Instruction
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["EngineReports", "PostRequest", "post_request_values"]


class EngineReports(wiring.Signature):
    """What an engine reports of its instructions, seen from the engine.

    Members
    -------
    ended, warp : Out
        The instruction of a warp ends in this cycle.
    fault : Out(FaultLayout)
        An instruction faults, and never ends.
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "ended": Out(1),
                "warp": Out(index_width(unit.warps)),
                "fault": Out(FaultLayout(unit)),
            }
        )


class PostRequest(data.StructLayout):
    """A store instruction.

    Parameters
    ----------
    unit : Unit
    stores : int
        How many there are.

    Members
    -------
    warp
        Its number.
    plain : 1
        STV: registers as they are, saturated.
    largest, sums : 1
        Windows are reduced; at most one of them.
    register
        The first vector register.
    store
        Its index.
    target, constants, beats, remaining
        The scalars.
    """

    def __init__(self, unit: Unit, stores: int):
        scalar = unsigned(unit.scalar_bits)
        super().__init__(
            {
                "warp": index_width(unit.warps),
                "plain": 1,
                "largest": 1,
                "sums": 1,
                "register": index_width(32),
                "store": index_width(stores),
                "target": scalar,
                "constants": scalar,
                "beats": scalar,
                "remaining": scalar,
            }
        )


def post_request_values(instruction: Instruction) -> dict[str, int]:
    """The members of a request that an instruction decides."""
    i = instruction
    return {
        "plain": int(i.mnemonic == "STV"),
        "largest": int(i.suffix == "max"),
        "sums": int(i.suffix == "sum"),
        "register": i.v,
        "store": i.d,
    }
