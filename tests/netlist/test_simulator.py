"""The compiled gate-level simulation against a slow one, cell by cell and net by net."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.lanes import lanes_of, words_of
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.technology import load
from tests import material
from tests.netlist.netlists import (
    Slow,
    exact_function,
    inputs,
    net_numbers,
    outputs,
    random_module,
    usable,
)

LIBRARIES = ("generic45", "osu018", "ihp-sg13g2", "sky130hd")


@pytest.mark.parametrize("lanes", [1, 7, 64, 65, 200])
def test_words_and_lanes(lanes: int) -> None:
    values = np.random.default_rng(lanes).integers(-(2**11), 2**11, (3, lanes))
    words = words_of(values, 12, -(-lanes // 64))
    assert words.shape == (3, 12, -(-lanes // 64))
    assert np.array_equal(lanes_of(words, lanes), values & 0xFFF)
    assert int(words[1, 2, 0]) & 1 == int(values[1, 0]) >> 2 & 1


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_kind_of_cell(name: str) -> None:
    """Each cell's truth table, all input states side by side in lanes."""
    library = material.technology(name).library
    cells = usable(library)
    count = max(len(inputs(cell)) for cell in cells)
    instances, expected, net = [], [], 2 + count
    for cell in cells:
        pins: dict[str, list[int | str]] = {
            pin: [2 + index] for index, pin in enumerate(inputs(cell))
        }
        for pin in outputs(cell):
            pins[pin] = [net]
            expected.append((net, exact_function(cell.pins[pin].function), inputs(cell)))
            net += 1
        instances.append(Instance(cell.name, cell.name, pins, {}))
    ports: dict[str, tuple[str, list[int | str]]] = {
        "x": ("input", list(range(2, 2 + count))),
        "y": ("output", [net for net, _, _ in expected]),
    }
    netlist = Netlist("top", {"top": Module("top", ports, instances)}, library)
    simulator = GateSimulator(flatten(netlist), 2**count)
    simulator.set("x", np.arange(2**count))
    simulator.step()
    nets = simulator.flat.ports["y"][1]
    states = list(itertools.product((0, 1), repeat=count))
    for index, (_, function, pins_) in enumerate(expected):
        seen = simulator.value(nets[index : index + 1])
        for lane, state in enumerate(states):
            known = dict(zip(pins_, reversed(state), strict=False))
            assert seen[lane] == function(known)


@pytest.mark.parametrize(("seed", "lanes"), [(0, 1), (1, 3), (2, 64), (3, 70), (4, 130)])
def test_random_designs(seed: int, lanes: int) -> None:
    rng = np.random.default_rng(seed)
    netlist = random_module(rng, load("generic45").library, gates=60, flops=9, inputs_=6)
    flat = flatten(netlist)
    steps = 12
    words = rng.integers(0, 64, (steps + 1, lanes))
    simulator = GateSimulator(flat, lanes)
    simulator.set("x", words[0])
    simulator.step()
    first = simulator.get("y")
    simulator.take()
    seen = simulator.run({"x": words[1:7]}, ["y"])["y"].tolist()
    for values in words[7:]:
        simulator.set("x", values)
        simulator.step()
        seen.append(simulator.get("y").tolist())
    activity = simulator.take()
    assert activity.cycles == steps * lanes

    toggles = np.zeros(flat.nets, dtype=np.int64)
    ones = np.zeros(flat.nets, dtype=np.int64)
    numbers = net_numbers(netlist)
    slow_lanes = range(lanes) if lanes < 8 else (0, 1, lanes - 1)
    for lane in range(lanes):
        if lane not in slow_lanes:
            continue
        slow = Slow(netlist)
        slow.step(_bits(words[0, lane], 6), first=True)
        # The simulator's first step has an edge of its own.
        slow.step(_bits(words[0, lane], 6))
        slow.toggles.clear()
        slow.ones.clear()
        assert first[lane] == _number(slow)
        for step in range(steps):
            slow.step(_bits(words[1 + step, lane], 6))
            assert seen[step][lane] == _number(slow)
        for net, number in numbers.items():
            toggles[number] += slow.toggles[net]
            ones[number] += slow.ones[net]
    if len(slow_lanes) == lanes:
        used = list(numbers.values())
        assert np.array_equal(activity.toggles[used], toggles[used])
        assert np.array_equal(activity.ones[used], ones[used])
        assert toggles[used].sum() > 100


def _bits(value: int, count: int) -> list[int]:
    return [int(value) >> bit & 1 for bit in range(count)]


def _number(slow: Slow) -> int:
    nets = slow.netlist.modules["top"].ports["y"][1]
    return sum(slow.values[net] << bit for bit, net in enumerate(nets))


def test_a_lane_does_not_feel_the_others() -> None:
    rng = np.random.default_rng(5)
    netlist = random_module(rng, load("generic45").library, gates=80, flops=12, inputs_=8)
    flat = flatten(netlist)
    words = rng.integers(0, 256, (40, 100))
    together = GateSimulator(flat, 100)
    all_lanes = together.run({"x": words}, ["y"])["y"]
    activity = together.take()
    alone = GateSimulator(flat, 30)
    assert np.array_equal(alone.run({"x": words[:, :30]}, ["y"])["y"], all_lanes[:, :30])
    rest = GateSimulator(flat, 70)
    rest.run({"x": words[:, 30:]})
    both = alone.take() + rest.take()
    assert np.array_equal(both.toggles, activity.toggles)
    assert np.array_equal(both.ones, activity.ones)
    assert both.cycles == activity.cycles


def test_latches_and_falling_edges_are_refused() -> None:
    library = material.technology("osu018").library
    for kind, reason in (("LATCH", "it is a latch"), ("DFFNEGX1", "falling edge")):
        pins: dict[str, list[int | str]] = {
            pin.name: [2 + index] for index, pin in enumerate(library.cells[kind].pins.values())
        }
        module = Module("top", {"clk": ("input", [2])}, [Instance("l", kind, pins, {})])
        with pytest.raises(UserError, match=reason):
            GateSimulator(flatten(Netlist("top", {"top": module}, library)), 1)


def test_another_clock_and_loops_are_refused() -> None:
    library = load("generic45").library
    flop: dict[str, list[int | str]] = {"CK": [3], "D": [4], "Q": [5]}
    ports: dict[str, tuple[str, list[int | str]]] = {"clk": ("input", [2]), "x": ("input", [3, 4])}
    module = Module("top", ports, [Instance("f", "DFF", flop, {})])
    with pytest.raises(ValueError, match="clocked by the port 'clk' itself"):
        GateSimulator(flatten(Netlist("top", {"top": module}, library)), 1)
    gate: dict[str, list[int | str]] = {"A1": [3], "A2": [5], "ZN": [5]}
    module = Module("top", ports, [Instance("g", "AND2", gate, {})])
    with pytest.raises(ValueError, match="combinational loop"):
        GateSimulator(flatten(Netlist("top", {"top": module}, library)), 1)


def test_inputs_that_are_not_given_anew_count() -> None:
    rng = np.random.default_rng(6)
    netlist = random_module(rng, load("generic45").library, gates=20, flops=2, inputs_=4)
    simulator = GateSimulator(flatten(netlist), 5)
    simulator.set("x", 0b1010)
    simulator.step()
    simulator.take()
    for _ in range(3):
        simulator.step()
    result = simulator.take()
    nets = simulator.flat.ports["x"][1]
    assert result.ones[nets].tolist() == [0, 15, 0, 15]
    assert result.toggles[nets].tolist() == [0] * 4
