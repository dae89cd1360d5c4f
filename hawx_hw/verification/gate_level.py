"""Real images through the gates of a whole accelerator, several of them side by side.

The control of an accelerator does not depend on its data, so all images take the same cycles and
only their data differ. Every net of every multiplier toggles as these images make it, in the order
in which the mapping lets them flow. The results are compared with those of the integer model: the
synthesized netlist is the last rung of the ladder from the network to the silicon.

Some cycles of every layer, or all, may be timed, so that their glitches are known. As values at the
end of a cycle are the same with delays and without, these cycles stand amid settled ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.base import Plan
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.gateware.shell import CYCLES_BEFORE_START
from hawx_hw.netlist.activity import Activity, TimedActivity
from hawx_hw.netlist.flat import FlatNetlist, Macro
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.netlist.timed import Delays
from hawx_hw.util.files import read_text
from hawx_hw.verification.accelerator_job import AROUND, accelerator_job
from hawx_hw.verification.differences import difference_of_results
from hawx_hw.verification.job import Job
from hawx_hw.verification.timed_cycles import draw_cycles, shares_of

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["AcceleratorActivity", "simulate_accelerator"]

_SIDE_BY_SIDE = 64
#: Timed cycles are counted in so many records by turns; how they differ shows the sample's spread.
_RECORDS = 8
_LIMIT = 1000


@dataclass(frozen=True, eq=False)
class AcceleratorActivity:
    """The activity of an accelerator that computes images.

    Parameters
    ----------
    images : int
    cycles : int
        Of one image, from its first byte to the last one of its result.
    layers : dict of str to Activity
        By the layer's title, in the program's order; then
        :data:`~hawx_hw.verification.accelerator_job.AROUND`. Of all images, without glitches.
    timed : dict of str to tuple of TimedActivity
        By layer, the cycles that are timed, in several groups of which each is a sample of its own.
        Of all images; empty where no cycle is timed.
    """

    images: int
    cycles: int
    layers: dict[str, Activity]
    timed: dict[str, tuple[TimedActivity, ...]]

    @property
    def total(self) -> Activity:
        """Activity of all layers together."""
        first, *others = self.layers.values()
        for other in others:
            first += other
        return first


def simulate_accelerator(
    flat: FlatNetlist,
    plan: Plan,
    memories: Path,
    images: NDArray[np.int8],
    *,
    delays: Delays | None = None,
    timed_cycles: int | None = None,
    progress: Progress | None = None,
) -> AcceleratorActivity:
    """Run images through the gates.

    Parameters
    ----------
    flat : FlatNetlist
        The mapped accelerator of ``plan``.
    plan : Plan
    memories : Path
        The folder with the contents of its read-only memories.
    images : ndarray of int8, shape (images, *input shape)
        Codes.
    delays : Delays or None
        Of the cells, to count glitches; without them only settled states count.
    timed_cycles : int or None
        How many cycles of an image are timed, if there are delays; None: all.
    progress : callable or None
        Gets the number of cycles that are done, and of all.

    Raises
    ------
    VerificationError
        The netlist computes something else than the integer model, or in another time.
    UserError
        A memory's file is missing, or the design cannot be simulated.
    ValueError
        There is no image.
    """
    if len(images) == 0:
        raise ValueError("images must be at least one, not none")
    job = accelerator_job(plan, images, config_hash=0, traced=1)
    segments = _segments(plan, job)
    timed_cycles = job.cycles if timed_cycles is None else timed_cycles
    shares = shares_of([cycles for _, cycles in segments], timed_cycles)
    activities: dict[str, Activity] = {}
    timed: dict[str, tuple[TimedActivity, ...]] = {}
    parts = [
        range(i, min(i + _SIDE_BY_SIDE, len(images))) for i in range(0, len(images), _SIDE_BY_SIDE)
    ]
    for number, part in enumerate(parts):

        def report(cycle: int, before: int = number * job.cycles) -> None:
            if progress is not None:
                progress(before + cycle, len(parts) * job.cycles)

        simulator = GateSimulator(
            flat,
            len(part),
            rom=lambda macro: _words(macro, memories),
            delays=delays,
            records=_RECORDS,
        )
        bench = _Bench(simulator, job)
        bench.begin()
        # Other cycles of other images.
        chosen = _Timed(shares, np.random.default_rng(number)) if delays else None
        for name, activity in bench.run(part, segments, chosen, report).items():
            activities[name] = activities[name] + activity if name in activities else activity
        if chosen is not None:
            for name in activities:
                timed[name] = _together(timed.get(name, ()), chosen.activities[name])
    return AcceleratorActivity(len(images), job.cycles, activities, timed)


def _together(
    some: Sequence[TimedActivity], others: Sequence[TimedActivity]
) -> tuple[TimedActivity, ...]:
    if not some:
        return tuple(others)
    return tuple(one + other for one, other in zip(some, others, strict=True))


class _Timed:
    """The cycles that are timed, and what they count.

    Parameters
    ----------
    shares : sequence of int
        Cycles of each segment.
    rng : Generator
        Draws which ones.
    """

    def __init__(self, shares: Sequence[int], rng: np.random.Generator):
        self._shares = shares
        self._rng = rng
        self.activities: dict[str, tuple[TimedActivity, ...]] = {}

    def records(self, segment: int, cycles: int) -> list[int | None]:
        """The record of each cycle of a segment, None where it is not timed."""
        records: list[int | None] = [None] * cycles
        for index, cycle in enumerate(draw_cycles(cycles, self._shares[segment], self._rng)):
            records[cycle] = index % _RECORDS
        return records

    def take(self, name: str, simulator: GateSimulator) -> None:
        """Keep what the segment that has ended counted."""
        self.activities[name] = _together(self.activities.get(name, ()), simulator.take_timed())


def _segments(plan: Plan, job: Job) -> list[tuple[str, int]]:
    """Names and lengths of the parts of an image's cycles, in the order of time."""
    layers = [(layer.name, layer.total) for layer in plan.cycles().layers]
    before = job.images.shape[1] + CYCLES_BEFORE_START
    after = job.cycles - before - sum(cycles for _, cycles in layers)
    return [(AROUND, before), *layers, (AROUND, after)]


def _words(macro: Macro, folder: Path) -> Sequence[int]:
    path = folder / macro.texts["INIT_FILE"]
    try:
        return [int(word, 16) for word in read_text(path).split()]
    except OSError as error:
        raise UserError(
            f"A memory's contents cannot be read: {error}",
            where=str(path),
            hint="Emit the accelerator again.",
        ) from error


class _Bench:
    """Drives the ports of an accelerator: the same for all images, but for the data."""

    def __init__(self, simulator: GateSimulator, job: Job):
        self._simulator = simulator
        self._job = job

    def begin(self) -> None:
        """Reset, load the parameters where they are not built in, start on every image."""
        simulator = self._simulator
        for port, (direction, _) in simulator.flat.ports.items():
            if direction == "input" and port != "clk":
                simulator.set(port, 0)
        simulator.set("rst", 1)
        for _ in range(4):
            simulator.step()
        for port in ("m_axis_tready", "s_axil_bready", "s_axil_rready"):
            simulator.set(port, 1)
        simulator.set("rst", 0)
        simulator.step()
        if self._job.parameters:
            self._write("control", "load_parameters")
            packet = np.frombuffer(self._job.parameters, dtype=np.uint8)
            for index in range(len(packet)):
                self._send(packet[index], last=index == len(packet) - 1)
            simulator.set("s_axis_tvalid", 0)
            for _ in range(4):
                simulator.step()
        self._write("control", "auto")
        for _ in range(8):
            simulator.step()

    def run(
        self,
        part: range,
        segments: Sequence[tuple[str, int]],
        timed: _Timed | None,
        report: Callable[[int], None],
    ) -> dict[str, Activity]:
        """One image in each copy of the accelerator; returns the activity of each segment."""
        job, simulator = self._job, self._simulator
        packets, expected = job.images[part], job.results[part]
        results: list[NDArray[np.int64]] = []
        activities: dict[str, Activity] = {}
        simulator.take()
        sent, ended = 0, False
        for number, (name, cycles) in enumerate(segments):
            for record in timed.records(number, cycles) if timed else [None] * cycles:
                if ended:
                    raise VerificationError(
                        f"The netlist's result came before its {job.cycles} cycles were over."
                    )
                if sent < packets.shape[1]:
                    self._offer(packets[:, sent], last=sent == packets.shape[1] - 1)
                else:
                    simulator.set("s_axis_tvalid", 0)
                simulator.step(record=record)
                sent += sent < packets.shape[1] and self._flag("s_axis_tready")
                if self._flag("m_axis_tvalid"):
                    results.append(simulator.get("m_axis_tdata"))
                    ended = self._flag("m_axis_tlast")
            activity = simulator.take()
            if timed:
                timed.take(name, simulator)
            activities[name] = activities[name] + activity if name in activities else activity
            report(sum(a.cycles for a in activities.values()) // len(part))
        # What lies around the layers comes last.
        activities[AROUND] = activities.pop(AROUND)
        if not ended:
            raise VerificationError(
                f"The netlist did not end its result within {job.cycles} cycles."
            )
        observed = np.stack(results, axis=1)
        if not np.array_equal(observed, expected):
            octets = observed.astype(np.uint8)
            differences = [
                difference_of_results(job, image, octets[copy].tobytes())
                for copy, image in enumerate(part)
            ]
            wrong = [difference for difference in differences if difference]
            raise VerificationError(
                f"The netlist computes another result than the integer model, for image "
                f"{part[differences.index(wrong[0])]} and {len(wrong) - 1} more. {wrong[0]}."
            )
        return activities

    def _offer(self, octets: NDArray[np.uint8] | np.uint8, *, last: bool) -> None:
        self._simulator.set("s_axis_tdata", np.asarray(octets))
        self._simulator.set("s_axis_tvalid", 1)
        self._simulator.set("s_axis_tlast", int(last))

    def _send(self, octet: np.uint8, *, last: bool) -> None:
        self._offer(octet, last=last)
        for _ in range(_LIMIT):
            self._simulator.step()
            if self._flag("s_axis_tready"):
                return
        raise VerificationError(f"The netlist took no byte within {_LIMIT} cycles.")

    def _write(self, register: str, field: str) -> None:
        """Set one field of a register over AXI4-Lite."""
        simulator, entry = self._simulator, self._job.registers[register]
        simulator.set("s_axil_awaddr", entry.address)
        simulator.set("s_axil_wdata", entry.fields[field])
        simulator.set("s_axil_wstrb", 0xF)
        open_ones = {"aw", "w"}
        for channel in open_ones:
            simulator.set(f"s_axil_{channel}valid", 1)
        for _ in range(_LIMIT):
            simulator.step()
            for channel in tuple(open_ones):
                if self._flag(f"s_axil_{channel}ready"):
                    simulator.set(f"s_axil_{channel}valid", 0)
                    open_ones.remove(channel)
            if self._flag("s_axil_bvalid"):
                simulator.step()
                return
        raise VerificationError(f"The netlist took no register write within {_LIMIT} cycles.")

    def _flag(self, port: str) -> bool:
        values = self._simulator.get(port)
        if np.any(values != values[0]):
            raise VerificationError(f"The netlist's {port} depends on the images.")
        return bool(values[0])
