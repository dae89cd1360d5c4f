"""Watch the accelerator without touching it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time

__all__ = ["Store", "StoreMonitor", "first_beat"]


@dataclass(frozen=True)
class Store:
    """One word that the core stored."""

    layer: int
    address: int
    data: int


class StoreMonitor:
    """Collects every word that the core stores, by the signals ``trace_*`` in its Verilog.

    Parameters
    ----------
    core : handle
    clock : handle
    """

    def __init__(self, core: Any, clock: Any):
        self._core = core
        self._clock = clock
        self._task: Any = None
        self.stores: list[Store] = []

    def start(self) -> None:
        """Begin anew."""
        self.stores = []
        self._task = cocotb.start_soon(self._run())

    def stop(self) -> list[Store]:
        """End, and return the stores in their order."""
        self._task.cancel()
        return self.stores

    async def _run(self) -> None:
        edge = RisingEdge(self._clock)
        valid = self._core.trace_store_valid
        layer = self._core.trace_layer
        address = self._core.trace_store_address
        data = self._core.trace_store_data
        while True:
            await edge
            if valid.value == 1:
                store = Store(int(layer.value), int(address.value), int(data.value))
                self.stores.append(store)


async def first_beat(clock: Any, valid: Any, ready: Any) -> int:
    """Time of the next transfer of a stream, in picoseconds."""
    edge = RisingEdge(clock)
    while True:
        await edge
        if valid.value == 1 and ready.value == 1:
            return int(get_sim_time("ps"))
