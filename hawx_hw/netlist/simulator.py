"""Gate-level simulation of a mapped design, compiled, with many copies of it side by side.

Every net is a machine word (or several) whose bits are independent copies of the design, *lanes*:
the same program with another image in each. A step evaluates every gate once, after those that it
depends on, so what is counted are the changes between settled states; pulses in between (glitches)
are not. Single steps may be timed, so that their pulses are counted besides: see
:mod:`hawx_hw.netlist.timed`. Gates are functions of C that the library's Boolean functions were
turned into.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hawx_hw.errors import UserError
from hawx_hw.netlist.activity import Activity, TimedActivity
from hawx_hw.netlist.cells import CellModel, cell_model
from hawx_hw.netlist.cells import c_code as c_code_of
from hawx_hw.netlist.clock import find_clock
from hawx_hw.netlist.flat import CONSTANTS, FlatNetlist, Macro
from hawx_hw.netlist.lanes import lanes_of, words_of
from hawx_hw.netlist.levels import levels
from hawx_hw.netlist.timed import Delays, Timed
from hawx_hw.util import native_code as c_code
from hawx_hw.util.macros import DEPTH, MACROS, READ_DATA, WIDTH, WRITE_DATA

__all__ = ["GateSimulator"]

_SOURCE = Path(__file__).parent / "kernel" / "simulate.c"
_Words = NDArray[np.uint64]
_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


class _Batch(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int64), ("cells", ctypes.c_int64), ("pins", ctypes.c_void_p)]


class _Macro(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int64) for name in ("width", "depth", "address_bits", "single_port")),
        *((name, ctypes.c_void_p) for name in ("read_enable", "read_address", "read_data")),
        *((name, ctypes.c_void_p) for name in ("write_enable", "write_address", "write_data")),
        *((name, ctypes.c_void_p) for name in ("rom", "ram", "data")),
        *((name, ctypes.c_int64) for name in ("reads", "writes")),
    ]


class _State(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("values", "toggles", "ones", "mask", "next")),
        *((name, ctypes.c_int64) for name in ("flop_batches", "gate_batches", "macros")),
        ("inputs", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("flops", "gates", "macro", "input", "timed")),
    ]


class GateSimulator:
    """A mapped design with one clock, which may be gated, running in several lanes at once.

    All flip-flops and memories start at zero, where hardware would hold anything; a design must
    not depend on it.

    Parameters
    ----------
    flat : FlatNetlist
    lanes : int
        Copies side by side, >= 1; 1 costs as much as 64, 65 as 128, 129 as 256.
    rom : callable or None
        Gives the words of a read-only memory.
    clock : str
        The clock's port; a design without one is combinational.
    delays : Delays or None
        Delays of the cells; steps can be timed with them only.
    records : int
        Timed steps are counted in one of so many records, >= 1.

    Raises
    ------
    UserError
        There is no C compiler, or a cell cannot be simulated.
    ValueError
        The design has a combinational loop, another clock, or states that are set asynchronously.
    """

    def __init__(
        self,
        flat: FlatNetlist,
        lanes: int,
        *,
        rom: Callable[[Macro], Sequence[int]] | None = None,
        clock: str = "clk",
        delays: Delays | None = None,
        records: int = 1,
    ):
        if lanes < 1:
            raise ValueError(f"lanes must be at least 1, not {lanes!r}")
        self.flat = flat
        self.lanes = lanes
        # A power of two: that is what compilers know as vectors.
        self.words = 1 << (-(-lanes // 64) - 1).bit_length()
        library = flat.library
        self._models = [cell_model(library.cells[g.kind], g.pins) for g in flat.groups]
        _check_states(flat, self._models)
        self._clock = find_clock(flat, clock)
        self._alive: list[Any] = []
        self._flops: list[tuple[int, NDArray[np.int32]]] = []
        self._gates: list[tuple[int, NDArray[np.int32]]] = []
        # Nets are stored in the order in which they are computed: memory is read in order.
        self._place = self._schedule()
        self._values = np.zeros((flat.nets, self.words), dtype=np.uint64)
        self._values[1] = _ONES
        self._toggles = np.zeros(flat.nets, dtype=np.int64)
        self._ones = np.zeros(flat.nets, dtype=np.int64)
        self._mask = words_of(np.ones(lanes, dtype=np.int64), 1, self.words)
        self._cycles = 0
        flops = sum(len(pins) for _, pins in self._flops)
        self._next = np.zeros((flops, self.words), dtype=np.uint64)
        self._macros = (_Macro * len(flat.macros))(*(self._macro(m, rom) for m in flat.macros))
        self._library = _compiled(self._models, self.words)
        self._inputs = {
            port: self._place[nets]
            for port, (direction, nets) in flat.ports.items()
            if direction == "input"
        }
        driven = [nets for port, nets in self._inputs.items() if port != clock]
        given = np.concatenate([*driven, np.zeros(0, np.int64)]).astype(np.int32)
        self._timed = None
        if delays is not None:
            self._timed = Timed(
                self._models, self._flops, self._gates, delays, self._place, self.words, records
            )
        self._timed_steps = np.zeros(records, dtype=np.int64)
        self._state = _State(
            *(a.ctypes.data for a in (self._values, self._toggles, self._ones, self._mask)),
            self._next.ctypes.data,
            len(self._flops),
            len(self._gates),
            len(flat.macros),
            len(given),
            self._batches(self._flops),
            self._batches(self._gates),
            ctypes.addressof(self._macros),
            self._array(given),
            self._timed.address if self._timed else None,
        )
        self._pending: dict[str, _Words] = {}
        self._started = False

    # ------------------------------------------------------------------ running

    def set(self, port: str, values: int | NDArray[Any]) -> None:
        """The value of an input from the next step on: one for all lanes, or one for each.

        Raises
        ------
        KeyError
            There is no such input.
        """
        nets = self._inputs[port]
        each = np.broadcast_to(np.asarray(values), (self.lanes,))
        self._pending[port] = words_of(each, len(nets), self.words)

    def get(self, port: str) -> NDArray[np.int64]:
        """The present value of a port in each lane, unsigned."""
        return self.value(self.flat.ports[port][1])

    def value(self, nets: NDArray[np.int64]) -> NDArray[np.int64]:
        """The present number on some nets in each lane, the lowest bit first."""
        return lanes_of(self._values[self._place[nets]], self.lanes)

    def step(self, *, record: int | None = None) -> None:
        """A rising edge of the clock, then the inputs that were set, until all is settled.

        Parameters
        ----------
        record : int or None
            The step is timed, and counted in this record, too.

        Raises
        ------
        ValueError
            There are no delays, or there is no such record.
        """
        number = self._record(record, 1)
        self._start()
        none = np.zeros(0, dtype=np.int64)
        nets = np.concatenate([*(self._inputs[p] for p in self._pending), none]).astype(np.int32)
        words = np.concatenate([*self._pending.values(), self._next[:0]])
        self._pending.clear()
        self._library.hawx_step(
            ctypes.byref(self._state), len(nets), nets.ctypes.data, words.ctypes.data, number
        )
        self._cycles += 1

    def run(
        self,
        inputs: Mapping[str, NDArray[Any]],
        watched: Sequence[str] = (),
        *,
        record: int | None = None,
    ) -> dict[str, NDArray[np.int64]]:
        """Several steps with inputs that are known beforehand.

        Parameters
        ----------
        inputs : mapping
            By port, arrays of int ``(steps, lanes)``; all of one shape.
        watched : sequence of str
            Ports.
        record : int or None
            As in :meth:`step`, for all of these steps.

        Returns
        -------
        dict
            Values of each watched port after each step, unsigned, ``(steps, lanes)``.
        """
        (steps,) = {len(values) for values in inputs.values()}
        number = self._record(record, steps)
        self._start()
        ports = list(inputs)
        nets = np.concatenate([self._inputs[port] for port in ports]).astype(np.int32)
        words = np.concatenate(
            [words_of(inputs[p], len(self._inputs[p]), self.words) for p in ports], axis=1
        )
        seen_nets = [self._place[self.flat.ports[port][1]] for port in watched]
        seen = np.concatenate([*seen_nets, np.zeros(0)]).astype(np.int32)
        observed = np.zeros((steps, len(seen), self.words), dtype=np.uint64)
        self._library.hawx_steps(
            ctypes.byref(self._state),
            steps,
            len(nets),
            nets.ctypes.data,
            words.ctypes.data,
            len(seen),
            seen.ctypes.data,
            observed.ctypes.data,
            number,
        )
        self._cycles += steps
        borders = np.cumsum([len(nets) for nets in seen_nets])[:-1]
        parts = np.split(observed, borders, axis=1)
        return {
            port: lanes_of(part, self.lanes) for port, part in zip(watched, parts, strict=False)
        }

    def take(self) -> Activity:
        """What happened since the last call, without pulses; counting starts anew."""
        accesses = {}
        for macro, counts in zip(self.flat.macros, self._macros, strict=True):
            accesses[macro.path] = (counts.reads, counts.writes)
            counts.reads = counts.writes = 0
        activity = self._activity(self._cycles, self._toggles, self._ones, accesses)
        self._toggles[:] = 0
        self._ones[:] = 0
        self._cycles = 0
        return activity

    def take_timed(self) -> tuple[TimedActivity, ...]:
        """What happened in each record since the last call, without accesses; counting starts anew.

        :meth:`take` counts these steps, too.

        Raises
        ------
        ValueError
            There are no delays.
        """
        if self._timed is None:
            raise ValueError("delays must be given for timed steps")
        timed, taken = self._timed, []
        for number, steps in enumerate(self._timed_steps.tolist()):
            settled = self._activity(steps, timed.settled[number], timed.ones[number], {})
            toggles = timed.toggles[number][self._place]
            toggles[self._clock.gated] = settled.toggles[self._clock.gated]
            taken.append(TimedActivity(settled, replace(settled, toggles=toggles)))
        for counters in (timed.toggles, timed.settled, timed.ones, self._timed_steps):
            counters[:] = 0
        return tuple(taken)

    def _activity(
        self,
        steps: int,
        toggles: NDArray[np.int64],
        ones: NDArray[np.int64],
        accesses: dict[str, tuple[int, int]],
    ) -> Activity:
        cycles = steps * self.lanes
        toggles, ones = toggles[self._place], ones[self._place]
        ones[:CONSTANTS] = 0, cycles
        # A pulse follows each cycle at whose end the enable was 1.
        pulses = ones[self._clock.enables]
        toggles[self._clock.gated], ones[self._clock.gated] = 2 * pulses, pulses // 2
        return Activity(cycles, toggles, ones, accesses)

    def _record(self, record: int | None, steps: int) -> int:
        """The kernel's number of a record that some steps are counted in."""
        if record is None:
            return -1
        if self._timed is None:
            raise ValueError("delays must be given for timed steps")
        if not 0 <= record < len(self._timed_steps):
            raise ValueError(f"record must be in [0, {len(self._timed_steps) - 1}], not {record!r}")
        self._timed_steps[record] += steps
        return record

    def _start(self) -> None:
        if not self._started:
            for port, words in self._pending.items():
                self._values[self._inputs[port]] = words
            self._library.hawx_start(ctypes.byref(self._state))
            self._started = True
            self.take()

    # ------------------------------------------------------------------ setting up

    def _schedule(self) -> NDArray[np.int64]:
        """Put the cells in the order of their levels, kind by kind; returns where nets go."""
        sources, targets = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for model, group in zip(self._models, self.flat.groups, strict=True):
            if model.next_state is None:
                for pin in model.inputs:
                    for output, _ in model.outputs:
                        sources.append(group.nets_at(pin))
                        targets.append(group.nets_at(output))
        level = levels(np.concatenate(sources), np.concatenate(targets), self.flat.nets)
        flops: list[tuple[int, NDArray[np.int64]]] = []
        parts: list[tuple[int, int, NDArray[np.int64]]] = []
        for kind, (model, group) in enumerate(zip(self._models, self.flat.groups, strict=True)):
            if model.next_state is not None:
                enables = self._clock.enables_of(group.nets_at(model.clock))
                flops.append((kind, np.column_stack([group.nets, enables])))
            elif model.outputs:
                own = np.max([level[group.nets_at(pin)] for pin, _ in model.outputs], axis=0)
                parts += [(s, kind, group.nets[own == s]) for s in np.unique(own).tolist()]
        parts.sort(key=lambda part: part[:2])
        gates = [(kind, nets) for _, kind, nets in parts]
        place = self._places([*flops, *gates])
        self._flops, self._gates = (
            [(kind, np.ascontiguousarray(place[nets], dtype=np.int32)) for kind, nets in batches]
            for batches in (flops, gates)
        )
        return place

    def _places(self, batches: Sequence[tuple[int, NDArray[np.int64]]]) -> NDArray[np.int64]:
        """The constants first, then what no cell drives, then the cells' outputs in order."""
        driven = []
        for kind, nets in batches:
            model = self._models[kind]
            outputs = [model.pins.index(pin) for pin, _ in model.outputs]
            driven.append(nets[:, outputs].T.ravel())
        order = np.concatenate([*driven, np.zeros(0, np.int64)])
        others = np.setdiff1d(np.arange(self.flat.nets), order)
        place = np.empty(self.flat.nets, dtype=np.int64)
        place[np.concatenate([others, order])] = np.arange(self.flat.nets)
        return place

    def _batches(self, parts: Sequence[tuple[int, NDArray[np.int32]]]) -> int:
        batches = (_Batch * len(parts))(
            *(_Batch(kind, len(pins), pins.ctypes.data) for kind, pins in parts)
        )
        self._alive.append(batches)
        return ctypes.addressof(batches)

    def _array(self, array: NDArray[Any]) -> int:
        self._alive.append(array)
        return int(array.ctypes.data)

    def _macro(self, macro: Macro, rom: Callable[[Macro], Sequence[int]] | None) -> _Macro:
        kind = MACROS[macro.kind]
        width, depth = macro.parameters[WIDTH], macro.parameters[DEPTH]
        pins = {pin: self._place[nets].astype(np.int32) for pin, nets in macro.pins.items()}
        nothing = np.zeros(1, dtype=np.int32)
        address = pins[kind.read_address]
        contents = ram = 0
        if not kind.written:
            if rom is None:
                raise ValueError("rom must give the words of the design's read-only memories")
            contents = self._array(_bits(rom(macro), width, depth, macro.path))
        else:
            ram = self._array(np.zeros((depth, width, self.words), dtype=np.uint64))
        return _Macro(
            width,
            depth,
            len(address),
            kind.written and not kind.two_ports,
            self._array(pins[kind.read_enable]),
            self._array(address),
            self._array(pins[READ_DATA]),
            self._array(pins[kind.write_enable] if kind.written else nothing),
            self._array(pins[kind.write_address] if kind.written else address),
            self._array(pins[WRITE_DATA] if kind.written else nothing),
            contents,
            ram,
            self._array(np.zeros((width, self.words), dtype=np.uint64)),
            0,
            0,
        )


def _bits(words: Sequence[int], width: int, depth: int, path: str) -> NDArray[np.uint8]:
    if len(words) > depth:
        raise ValueError(f"{path} must hold at most {depth} words, not {len(words)}")
    octets = -(-width // 8)
    packed = np.frombuffer(b"".join(w.to_bytes(octets, "little") for w in words), dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(words), octets), axis=1, bitorder="little")[:, :width]
    return np.ascontiguousarray(np.pad(bits, ((0, depth - len(words)), (0, 0))))


def _check_states(flat: FlatNetlist, models: Sequence[CellModel]) -> None:
    constants = _constants(flat, models)
    for model, group in zip(models, flat.groups, strict=True):
        if model.next_state is None:
            continue
        for function in model.asynchronous:
            values = {name: constants[group.nets_at(name)] for name in function.names}
            known = all(np.all(value >= 0) for value in values.values())
            if not known or np.any(function.evaluate(values)):
                raise ValueError(f"No state must be set asynchronously, as in {model.kind}")


def _constants(flat: FlatNetlist, models: Sequence[CellModel]) -> NDArray[np.int64]:
    """The value of each net that is constant, by itself or from a cell that ties it; else -1."""
    values = np.full(flat.nets, -1, dtype=np.int64)
    values[:CONSTANTS] = range(CONSTANTS)
    for model, group in zip(models, flat.groups, strict=True):
        for pin, function in model.outputs:
            if model.next_state is None and not function.names:
                values[group.nets_at(pin)] = function.evaluate({})
    return values


def _compiled(models: Sequence[CellModel], words: int) -> ctypes.CDLL:
    # Without wide registers the compiler splits the words itself.
    flags = ["-O2", f"-DWORDS={words}"]
    if platform.machine() in ("x86_64", "AMD64"):
        flags.append("-mpopcnt")
    try:
        library = c_code.load(_SOURCE, flags, c_code_of(models))
    except c_code.CompilerError as error:
        raise UserError(
            f"The gate-level simulation cannot be compiled: {error}.",
            hint="Install a C compiler, such as gcc (on Debian: apt-get install gcc).",
        ) from error
    number, array = ctypes.c_int64, ctypes.c_void_p
    library.hawx_start.argtypes = [array]
    library.hawx_step.argtypes = [array, number, array, array, number]
    library.hawx_steps.argtypes = [
        *(array, number, number, array, array),
        *(number, array, array, number),
    ]
    return library
