"""Gates that take time, against Icarus Verilog with the same delays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.netlist.slews import delays
from hawx_hw.netlist.timed import Delays, library_delays
from hawx_hw.technology import load
from tests.netlist.icarus import PERIOD, changes
from tests.netlist.netlists import inputs, net_numbers, outputs, random_module, usable


@pytest.mark.parametrize("inertial", [True, False])
@pytest.mark.parametrize(("seed", "lanes"), [(0, 1), (1, 3), (2, 2)])
def test_every_net_changes_as_often_as_in_icarus(
    tmp_path: Path, seed: int, lanes: int, inertial: bool
) -> None:
    rng = np.random.default_rng(seed)
    netlist = random_module(rng, load("generic45").library, gates=60, flops=9, inputs_=6)
    flat, numbers = flatten(netlist), net_numbers(netlist)
    # Long enough that no two changes meet: what then comes first is Icarus's own affair.
    ticks = rng.integers(1000, 9000, flat.nets)
    words = rng.integers(0, 64, (30, lanes))

    timed = GateSimulator(flat, lanes, delays=Delays(ticks, inertial))
    settled = GateSimulator(flat, lanes)
    timed.run({"x": words[:2]}, record=0)
    timed.take_timed()
    timed.run({"x": words[2:]}, record=0)
    glitching = timed.take_timed()[0].pulses
    settled.run({"x": words[:2]})
    settled.take()
    settled.run({"x": words[2:]})
    quiet = settled.take()
    assert glitching.toggles.sum() > quiet.toggles.sum()
    assert np.array_equal(glitching.ones, quiet.ones)

    seen, final, ones = (np.zeros(flat.nets, dtype=np.int64) for _ in range(3))
    times = {net: int(ticks[number]) for net, number in numbers.items()}
    for lane in range(lanes):
        # Ours starts with an edge at which the first word comes in.
        bits = [[int(word) >> bit & 1 for bit in range(6)] for word in (0, *words[:, lane])]
        result = changes(netlist, times, bits, tmp_path, inertial=inertial)
        for net, number in numbers.items():
            after = [event for event in result[net] if event[0] >= 3 * PERIOD]
            seen[number] += len(after)
            ends = [
                [value for time, value in result[net] if time < (step + 1) * PERIOD][-1]
                for step in range(2, len(bits))
            ]
            final[number] += np.count_nonzero(np.diff(ends))
            ones[number] += sum(ends[1:])
    assert np.array_equal(glitching.toggles[list(numbers.values())], seen[list(numbers.values())])
    assert np.array_equal(quiet.toggles[list(numbers.values())], final[list(numbers.values())])
    assert np.array_equal(quiet.ones[list(numbers.values())], ones[list(numbers.values())])


def test_delays_are_those_of_the_tables() -> None:
    """An inverter that drives one, and one that drives nothing."""
    library = load("generic45").library
    (kind,) = (cell for cell in usable(library) if cell.name == "INV")
    (source,), (sink,) = inputs(kind), outputs(kind)
    instances = [
        Instance("a", kind.name, {source: [3], sink: [4]}, {}),
        Instance("b", kind.name, {source: [4], sink: [5]}, {}),
    ]
    module = Module("top", {"x": ("input", [3]), "y": ("output", [5])}, instances)
    flat = flatten(Netlist("top", {"top": module}, library))
    (group,) = flat.groups
    first, second = group.nets_at(sink)
    arc = kind.pins[sink].arcs[0]
    load_ = kind.pins[source].capacitance
    # Rising and falling, of an input that changes at once.
    expected = [sum(table.at(0.0, load_) for table in arc.delays) / 2]
    slews = [table.at(0.0, load_) for table in arc.transitions]
    # A rising input makes the output fall.
    expected.append((arc.delays[0].at(slews[1], 0.0) + arc.delays[1].at(slews[0], 0.0)) / 2)
    assert delays(flat)[[first, second]] == pytest.approx(expected, rel=1e-12)
    ticks = library_delays(flat, 0.001).ticks
    assert ticks[[first, second]].tolist() == [round(value / 0.001) for value in expected]
    assert delays(flat)[flat.ports["x"][1]].tolist() == [0.0]
    # With wires that have as much as the pins.
    wires = np.full(flat.nets, 3.0)
    later = library_delays(flat, 0.001, wires_ff=wires).ticks
    assert later.tolist() == np.maximum(1, np.rint(delays(flat, wires) / 0.001)).tolist()
    assert np.all(later[[first, second]] > ticks[[first, second]])


def test_what_delays_must_be() -> None:
    rng = np.random.default_rng(0)
    flat = flatten(random_module(rng, load("generic45").library, gates=9, flops=2, inputs_=3))
    with pytest.raises(ValueError, match="tick must be positive, not 0"):
        library_delays(flat, 0)
    with pytest.raises(ValueError, match="delays must be at least one tick, not 0"):
        GateSimulator(flat, 1, delays=Delays(np.zeros(flat.nets, dtype=np.int64)))
    with pytest.raises(ValueError, match=f"nets must be {flat.nets}, not 3"):
        GateSimulator(flat, 1, delays=Delays(np.ones(3, dtype=np.int64)))


def test_timed_steps_amid_settled_ones() -> None:
    """What a settled run counts stays; the timed steps are counted once more, record by record."""
    rng = np.random.default_rng(5)
    flat = flatten(random_module(rng, load("generic45").library, gates=60, flops=9, inputs_=6))
    delays_ = Delays(rng.integers(1, 30, flat.nets))
    words = rng.integers(0, 64, (40, 70))
    records = [None, 0, None, 1, 1, None, 0, 0, None, None] * 4
    mixed = GateSimulator(flat, 70, delays=delays_, records=2)
    settled = GateSimulator(flat, 70)
    timed = GateSimulator(flat, 70, delays=delays_)
    expected = [np.zeros((3, flat.nets), dtype=np.int64) for _ in range(2)]
    for simulator in (mixed, settled, timed):
        simulator.set("x", 0)
        simulator.step()
        simulator.take()
    for values, record in zip(words, records, strict=True):
        for simulator in (mixed, settled, timed):
            simulator.set("x", values)
        settled.step()
        mixed.step(record=record)
        timed.step(record=0)
        (all_timed,) = timed.take_timed()
        if record is not None:
            parts = all_timed.pulses.toggles, all_timed.settled.toggles, all_timed.settled.ones
            expected[record] += np.stack(parts)
    whole, quiet = mixed.take(), settled.take()
    assert whole.cycles == quiet.cycles == 40 * 70
    assert np.array_equal(whole.toggles, quiet.toggles)
    assert np.array_equal(whole.ones, quiet.ones)
    assert np.array_equal(mixed.value(np.arange(flat.nets)), settled.value(np.arange(flat.nets)))
    for record, activity in enumerate(mixed.take_timed()):
        toggles, settled_toggles, ones = expected[record]
        assert activity.settled.cycles == activity.pulses.cycles == records.count(record) * 70
        ones[:2] = 0, activity.settled.cycles
        assert np.array_equal(activity.pulses.toggles, toggles)
        assert np.array_equal(activity.settled.toggles, settled_toggles)
        assert np.array_equal(activity.settled.ones, ones)
        assert activity.pulses.toggles.sum() > activity.settled.toggles.sum() > 0
    # Counting starts anew.
    assert all(not each.pulses.cycles and not each.pulses.toggles.any()
               for each in mixed.take_timed())  # fmt: skip


def test_timed_steps_need_delays_and_a_record() -> None:
    rng = np.random.default_rng(0)
    flat = flatten(random_module(rng, load("generic45").library, gates=9, flops=2, inputs_=3))
    settled = GateSimulator(flat, 1)
    for attempt in (lambda: settled.step(record=0), settled.take_timed):
        with pytest.raises(ValueError, match=r"^delays must be given for timed steps$"):
            attempt()
    delays_ = Delays(np.ones(flat.nets, dtype=np.int64))
    timed = GateSimulator(flat, 1, delays=delays_, records=2)
    for record in (-1, 2):
        with pytest.raises(ValueError, match=rf"^record must be in \[0, 1\], not {record}$"):
            timed.step(record=record)
    with pytest.raises(ValueError, match=r"^records must be at least 1, not 0$"):
        GateSimulator(flat, 1, delays=delays_, records=0)
