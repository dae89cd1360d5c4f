"""Debugging: how software halts a core, steps it, and reads what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["COMMANDS", "STATES", "DebugFormat", "DebugIndex", "index_word"]

#: Members of the port that go into a core, and those that come out beside ``data``.
COMMANDS = ("halt", "resume", "step", "source", "break_enable", "break_address", "index")
STATES = ("halted", "still", "ready", "ended")

#: Bits of the registers of software: one a source in the state, and numbers in the index.
_SOURCES, _KINDS = 8, 16


class DebugIndex(data.StructLayout):
    """What is read.

    Members
    -------
    number : 8
        Of what there are several of, such as a register or a counter.
    part : 8
        Of what has several words, such as a lane.
    source : 8
    kind : 4
        An index into :attr:`DebugFormat.kinds`.
    """

    def __init__(self) -> None:
        super().__init__({"number": 8, "part": 8, "source": 8, "kind": 4})


def index_word(kind: int, source: int, number: int, part: int) -> int:
    """The word of DEBUG_INDEX; see :class:`DebugIndex`."""
    return kind << 24 | source << 16 | part << 8 | number


@dataclass(frozen=True)
class DebugFormat:
    """What a core lets software see.

    Parameters
    ----------
    sources : int
        Units of the core that run instructions, such as warps; in [1, 8].
    address_bits : int
        Of the address of an instruction; in [1, 32].
    kinds : mapping of str to str
        Description of each kind of state by its name, in the order of their numbers, from 0; at
        most 16.

    Raises
    ------
    ValueError
        Others.
    """

    sources: int
    address_bits: int
    kinds: Mapping[str, str] = field(hash=False)

    def __post_init__(self) -> None:
        if not 1 <= self.sources <= _SOURCES:
            raise ValueError(f"sources must be in [1, {_SOURCES}], not {self.sources!r}")
        if not 1 <= self.address_bits <= 32:
            raise ValueError(f"address_bits must be in [1, 32], not {self.address_bits!r}")
        if not 1 <= len(self.kinds) <= _KINDS:
            raise ValueError(f"kinds must be from 1 to {_KINDS}, not {len(self.kinds)!r}")

    @property
    def signature(self) -> wiring.Signature:
        """The port, seen from the core.

        Members
        -------
        halt, resume : In(1)
            Pulses: no source begins an instruction from the next cycle on, or all may again; of
            both in one cycle, ``halt`` counts. A core stays halted over the ends of inferences.
        step : In(1)
            Pulse: ``source`` begins one instruction in its next turn, halted or not. It is ignored
            where ``source`` is not ready, or there is no such source. ``halt`` in a later cycle,
            and the begin of an inference, take it back as long as it has not been followed.
        source : In(8)
        break_enable, break_address : In
            A source that is to begin the instruction at the address halts the core instead.
        halted : Out(1)
        still : Out(1)
            All instructions that have begun have ended, or wait for something that only another
            instruction or the shell brings.
        ready : Out(sources)
            Sources that would begin an instruction, were they not halted.
        ended : Out(sources)
            Sources that begin no instruction any more in this inference.
        index : In(DebugIndex)
        data : Out(32)
            What ``index`` names, a few cycles later, while the core is halted and still; numbers
            are sign-extended, and what is not there is 0.
        """
        return wiring.Signature(
            {
                "halt": In(1),
                "resume": In(1),
                "step": In(1),
                "source": In(8),
                "break_enable": In(1),
                "break_address": In(self.address_bits),
                "halted": Out(1),
                "still": Out(1),
                "ready": Out(self.sources),
                "ended": Out(self.sources),
                "index": In(DebugIndex()),
                "data": Out(32),
            }
        )
