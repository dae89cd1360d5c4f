"""What the multiply engine is asked to do: an instruction with its scalars and lanes."""

from __future__ import annotations

import enum

from amaranth.hdl import unsigned
from amaranth.lib import data

from hawx_hw.architectures.simt.isa import Instruction
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["Kind", "MultiplyRequest", "kinds_of", "request_values"]


class Kind(enum.IntEnum):
    """What becomes of a register and a code or product."""

    ADD = 0
    MAXIMUM = 1
    LOAD = 2


def kinds_of(unit: Unit) -> frozenset[Kind]:
    """What may become of them, by the instructions that a unit has."""
    others = {Kind.MAXIMUM: "RMAX", Kind.LOAD: "LDV"}
    return frozenset({Kind.ADD, *(kind for kind, name in others.items() if unit.has(name))})


class MultiplyRequest(data.StructLayout):
    """A stream instruction.

    Parameters
    ----------
    unit : Unit
    streams : int
        How many there are.

    Members
    -------
    warp
        Its number.
    kind : Kind
    multiplies : 1
        MAC and MACW: products, not codes.
    own : 1
        Each lane takes its own byte of the word; MAC does not.
    clears : 1
        Registers begin at 0, or at the least code.
    register
        The first vector register.
    select
        0: the stream's selection; others: one more than the selection.
    stream
        Its index.
    lanes : N
        A bit for each lane that takes part.
    address, x, y, weight, beats
        The scalars.
    """

    def __init__(self, unit: Unit, streams: int):
        scalar = unsigned(unit.scalar_bits)
        super().__init__(
            {
                "warp": index_width(unit.warps),
                "kind": Kind,
                "multiplies": 1,
                "own": 1,
                "clears": 1,
                "register": index_width(32),
                "select": 3,
                "stream": index_width(streams),
                "lanes": unit.lanes,
                "address": scalar,
                "x": scalar,
                "y": scalar,
                "weight": scalar,
                "beats": scalar,
            }
        )


_KINDS = {"RMAX": Kind.MAXIMUM, "LDV": Kind.LOAD}


def request_values(instruction: Instruction) -> dict[str, object]:
    """The members of a request that an instruction decides."""
    i = instruction
    return {
        "kind": _KINDS.get(i.mnemonic, Kind.ADD),
        "multiplies": int(i.operation.selects),
        "own": int(i.mnemonic != "MAC"),
        "clears": int(i.suffix == "z"),
        "register": i.v,
        "select": i.sel,
        "stream": i.d,
    }
