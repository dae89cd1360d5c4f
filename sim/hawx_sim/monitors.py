"""Watch the accelerator without touching it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time

__all__ = ["Write", "WriteMonitor", "first_beat"]


@dataclass(frozen=True)
class Write:
    """One word that the core wrote."""

    layer: int
    address: int
    data: int


class WriteMonitor:
    """Collects every word that the core writes, by the signals ``trace_*`` in its Verilog.

    Parameters
    ----------
    core : handle
    clock : handle
    """

    def __init__(self, core: Any, clock: Any):
        self._core = core
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
        valid = self._core.trace_write_valid
        layer = self._core.trace_layer
        address = self._core.trace_write_address
        data = self._core.trace_write_data
        while True:
            await edge
            if valid.value == 1:
                write = Write(int(layer.value), int(address.value), int(data.value))
                self.writes.append(write)


async def first_beat(clock: Any, valid: Any, ready: Any) -> int:
    """Time of the next transfer of a stream, in picoseconds."""
    edge = RisingEdge(clock)
    while True:
        await edge
        if valid.value == 1 and ready.value == 1:
            return int(get_sim_time("ps"))
