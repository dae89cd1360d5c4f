"""Watch the accelerator without touching it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time

from hawx_hw.gateware.names import TRACE

from .checkers import CheckFailure

__all__ = ["Write", "WriteMonitor", "first_beat"]


@dataclass(frozen=True)
class Write:
    """One word that the core wrote."""

    layer: int
    address: int
    data: int


class WriteMonitor:
    """Collects every word that the core writes, by the write trace in its Verilog.

    Parameters
    ----------
    core : handle
    clock : handle

    Raises
    ------
    CheckFailure
        The core lacks a signal of :class:`hawx_hw.gateware.write_trace.WriteTrace`.
    """

    def __init__(self, core: Any, clock: Any):
        self._trace = {key: _signal(core, name) for key, name in TRACE.items()}
        self._clock = clock
        self._task: Any = None
        self.writes: list[Write] = []

    def start(self) -> None:
        """Begin anew."""
        self.writes = []
        self._task = cocotb.start_soon(self._run())

    def stop(self) -> list[Write]:
        """End, and return the writes in their order."""
        self._task.cancel()
        return self.writes

    async def _run(self) -> None:
        edge = RisingEdge(self._clock)
        trace = self._trace
        valid, layer, address, data = (trace[k] for k in ("valid", "layer", "address", "data"))
        while True:
            await edge
            if valid.value == 1:
                write = Write(int(layer.value), int(address.value), int(data.value))
                self.writes.append(write)


def _signal(core: Any, name: str) -> Any:
    try:
        return getattr(core, name)
    except AttributeError as error:
        raise CheckFailure(f"The core has no signal {name} of the write trace") from error


async def first_beat(clock: Any, valid: Any, ready: Any) -> int:
    """Time of the next transfer of a stream, in picoseconds."""
    edge = RisingEdge(clock)
    while True:
        await edge
        if valid.value == 1 and ready.value == 1:
            return int(get_sim_time("ps"))
