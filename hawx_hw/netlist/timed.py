"""Cells that take time, so that the pulses between settled states (glitches) are counted too.

Each output of a cell has one delay, a whole number of ticks, for all inputs and both edges; inputs
and memory macros change with the clock's edge. A pulse shorter than the delay of a cell does not
get through it (inertial delay), or does (transport delay). A change that comes out in the very tick
in which an input of the cell changes again does come out. The cycle lasts until all is settled.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.cells import CellModel
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.slews import delays

__all__ = ["Delays", "Timed", "library_delays"]

_Batches = Sequence[tuple[int, NDArray[np.int32]]]


@dataclass(frozen=True, eq=False)
class Delays:
    """Delays of the nets of a design.

    Parameters
    ----------
    ticks : ndarray of int, shape (nets,)
        How long the cell that drives a net takes; each >= 1 where a cell drives it.
    inertial : bool
        Whether a cell swallows pulses that are shorter than its delay.
    """

    ticks: NDArray[np.int64]
    inertial: bool = True


def library_delays(
    flat: FlatNetlist,
    tick: float = 0.005,
    *,
    inertial: bool = True,
    wires_ff: NDArray[np.float64] | None = None,
) -> Delays:
    """Delays from the library's tables, at each net's load.

    Parameters
    ----------
    flat : FlatNetlist
    tick : float
        In ns, > 0. Delays are rounded to it, at least one.
    inertial : bool
    wires_ff : ndarray of float, shape (nets,), or None
        Capacitance of each net's wire, which is part of the load; None: none has any.

    Raises
    ------
    ValueError
        ``tick`` is not positive, or the design has a combinational loop.
    """
    if not tick > 0:
        raise ValueError(f"tick must be positive, not {tick!r}")
    ticks = np.rint(delays(flat, wires_ff) / tick)
    return Delays(np.maximum(1, ticks).astype(np.int64), inertial)


class _Timed(ctypes.Structure):
    _fields_ = [
        *(
            (n, ctypes.c_int64)
            for n in ("gates", "drivers", "nodes", "nets", "moments", "inertial")
        ),
        *((n, ctypes.c_void_p) for n in ("function", "output", "delay", "pins", "source", "net")),
        *((n, ctypes.c_void_p) for n in ("ring", "fan_start", "fan", "driver", "target", "flips")),
        *((n, ctypes.c_void_p) for n in ("following", "head", "marked", "is_marked")),
        *((n, ctypes.c_void_p) for n in ("before", "toggles", "settled", "ones")),
    ]


class Timed:
    """What the kernel needs for delays: see ``kernel/timed.h``.

    Parameters
    ----------
    models : sequence of CellModel
    flops, gates : sequence of (kind, ndarray of int32, shape (cells, pins))
        Nets by their place in memory.
    delays : Delays
    place : ndarray of int64, shape (nets,)
        Where nets stand.
    words : int
        Words of 64 lanes.
    records : int
        Sets of counters, >= 1.

    Attributes
    ----------
    toggles, settled, ones : ndarray of int64, shape (records, nets)
        Toggles in timed steps, with pulses and without; steps at whose end a net was 1.

    Raises
    ------
    ValueError
        A delay is missing or below one tick.
    """

    def __init__(
        self,
        models: Sequence[CellModel],
        flops: _Batches,
        gates: _Batches,
        delays: Delays,
        place: NDArray[np.int64],
        words: int,
        records: int = 1,
    ):
        if records < 1:
            raise ValueError(f"records must be at least 1, not {records!r}")
        if delays.ticks.shape != place.shape:
            raise ValueError(f"nets must be {len(place)}, not {len(delays.ticks)}")
        ticks = np.empty_like(delays.ticks)
        ticks[place] = delays.ticks
        gate, flop = _Drivers(models, gates, 0), _Drivers(models, flops, 1)
        output = np.concatenate([gate.output, flop.output])
        delay = ticks[output]
        if np.any(delay < 1):
            raise ValueError(f"delays must be at least one tick, not {int(delay.min())}")
        ring = np.concatenate([[0], np.cumsum(delay + 1)])
        nodes, count = int(ring[-1]), len(output)
        moments = 1 << int(delay.max(initial=1)).bit_length()
        fan_start, fan = gate.fan(len(place))
        self.toggles, self.settled, self.ones = np.zeros((3, records, len(place)), dtype=np.int64)
        self._arrays: list[NDArray[Any]] = [
            *(
                np.ascontiguousarray(array, dtype=np.int32)
                for array in (
                    np.concatenate([gate.function, flop.function]),
                    output,
                    delay,
                    np.concatenate([gate.first, flop.first]),
                    np.concatenate([gate.cell, flop.cell]),
                    gate.nets,
                    ring,
                    fan_start,
                    fan,
                    np.repeat(np.arange(count), delay + 1),
                )
            ),
            np.zeros((count, words), dtype=np.uint64),
            np.zeros((nodes, words), dtype=np.uint64),
            np.zeros(nodes, dtype=np.int32),
            np.zeros(moments, dtype=np.int32),
            np.zeros(len(gate.output), dtype=np.int32),
            np.zeros(len(gate.output), dtype=np.uint8),
            np.zeros((len(place), words), dtype=np.uint64),
            self.toggles,
            self.settled,
            self.ones,
        ]
        self._structure = _Timed(
            len(gate.output),
            count,
            nodes,
            len(place),
            moments,
            delays.inertial,
            *(array.ctypes.data for array in self._arrays),
        )

    @property
    def address(self) -> int:
        """Address of the kernel's ``struct timed``; lives as long as this object."""
        return ctypes.addressof(self._structure)


class _Drivers:
    """Every output of every cell of some batches, one after another."""

    def __init__(self, models: Sequence[CellModel], batches: _Batches, sequential: int):
        numbers: dict[int, int] = {}
        total = 0
        for kind, model in enumerate(models):
            if (model.next_state is not None) == bool(sequential):
                numbers[kind] = total
                total += len(model.outputs)
        parts: list[list[NDArray[np.int64]]] = [[np.zeros(0, np.int64)] for _ in range(5)]
        pairs: list[NDArray[np.int64]] = [np.zeros((0, 2), np.int64)]
        nets = cells = drivers = 0
        for kind, pins in batches:
            model = models[kind]
            own = np.arange(len(pins))
            for index, (pin, function) in enumerate(model.outputs):
                output = pins[:, model.pins.index(pin)]
                for name in function.names if not sequential else ():
                    nets_at = pins[:, model.pins.index(name)]
                    pairs.append(np.stack([nets_at, drivers + own], axis=1))
                for part, values in zip(
                    parts,
                    (
                        np.full(len(pins), numbers[kind] + index),
                        output,
                        nets + own * pins.shape[1],
                        cells + own,
                    ),
                    strict=False,
                ):
                    part.append(values.astype(np.int64))
                drivers += len(pins)
            parts[4].append(pins.ravel().astype(np.int64))
            nets += pins.size
            cells += len(pins)
        self.function, self.output, self.first, self.cell, self.nets = (
            np.concatenate(part) for part in parts
        )
        self._pairs = np.concatenate(pairs)

    def fan(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each net where its gates start, and the gates; drivers count as gates."""
        order = np.argsort(self._pairs[:, 0], kind="stable")
        nets, drivers = self._pairs[order].T
        return np.searchsorted(nets, np.arange(count + 1)), drivers
