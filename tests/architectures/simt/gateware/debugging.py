"""Compares what a halted core reads with what the simulator holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hawx_hw.architectures.simt.debugging import state_reads
from hawx_hw.architectures.simt.gateware.debug_ports import COUNTERS, KINDS
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Warp
from hawx_hw.gateware.debug import index_word

#: Reads what a word of DEBUG_INDEX names.
Read = Callable[[int], Awaitable[int]]


async def compare(
    read: Read, program: Program, warp: Warp, names: frozenset[str] | None = None
) -> None:
    """Compare the state of a warp; all of it, or what was written."""
    for index, value in state_reads(program, warp, names):
        result = await read(index)
        assert result == value, (f"{index:#010x}", result, value)


async def counters(read: Read) -> dict[str, int]:
    """All counters by name."""
    kind = list(KINDS).index("counter")
    return {
        name: await read(index_word(kind, 0, number, 0)) for number, name in enumerate(COUNTERS)
    }
