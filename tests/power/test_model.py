"""Energies against sums by hand, and against a slow computation cell by cell and state by state."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.arcs import loads
from hawx_hw.netlist.flat import CellGroup, FlatNetlist, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.netlist.slews import slews
from hawx_hw.power.model import PowerModel
from hawx_hw.technology import load
from hawx_hw.technology.functions import parse
from hawx_hw.technology.liberty import Cell, Library
from tests import material
from tests.netlist.netlists import random_module

SUPPLY = 1.1


def random_activity(flat: FlatNetlist, seed: int, cycles: int = 1000) -> Activity:
    rng = np.random.default_rng(seed)
    ones = rng.integers(0, cycles + 1, flat.nets)
    toggles = rng.integers(0, 2 * np.minimum(ones, cycles - ones) + 1)
    return Activity(cycles, toggles, ones)


def nand_and_flip_flop() -> FlatNetlist:
    """NAND2 of the inputs a, b before a flip-flop; nets 2 to 6 are clk, a, b, n, q."""
    instances = [
        Instance("f", "DFF", {"CK": [2], "D": [5], "Q": [6]}, {}),
        Instance("g", "NAND2", {"A1": [3], "A2": [4], "ZN": [5]}, {}),
    ]
    ports: dict[str, tuple[str, list[int | str]]] = {
        "clk": ("input", [2]),
        "a": ("input", [3]),
        "b": ("input", [4]),
        "q": ("output", [6]),
    }
    library = load("generic45").library
    return flatten(Netlist("top", {"top": Module("top", ports, instances)}, library))


def test_a_gate_and_a_flip_flop_by_hand() -> None:
    flat = nand_and_flip_flop()
    toggles, ones = np.zeros(flat.nets, dtype=np.int64), np.zeros(flat.nets, dtype=np.int64)
    for port, changes in (("a", 40), ("b", 30), ("q", 10)):
        toggles[flat.ports[port][1]] = changes
    (inner,) = flat.groups[1].nets_at("ZN")
    toggles[inner] = 20
    result = PowerModel(flat, SUPPLY).energies(Activity(100, toggles, ones))
    assert [group.kind for group in flat.groups] == ["DFF", "NAND2"]
    # generic45: D 1.857, CK 3.722, Q 4.348 and ZN 1.488 fJ a toggle; pins D 1.14, CK 0.95,
    # A1 1.599, A2 1.664 fF.
    half = 0.5 * SUPPLY**2
    assert result.internal_fj == pytest.approx([0.2 * 1.857 + 2 * 3.722 + 0.1 * 4.348, 0.2 * 1.488])
    assert result.switching_fj == pytest.approx([0, 0.2 * half * 1.14])
    assert result.driven_fj == pytest.approx([2 * half * 0.95, half * (0.4 * 1.599 + 0.3 * 1.664)])
    assert result.clock_internal_fj == pytest.approx([2 * 3.722, 0])
    assert result.clock_charge_fj == pytest.approx([2 * half * 0.95, 0])
    assert result.leakage_nw == pytest.approx([79.11, 17.39])


def test_wires_by_hand() -> None:
    """What a net's wire has is charged with its pins, and is part of the load of its driver."""
    flat = nand_and_flip_flop()
    toggles, ones = np.zeros(flat.nets, dtype=np.int64), np.zeros(flat.nets, dtype=np.int64)
    wires = np.zeros(flat.nets)
    for port, changes, wire in (("a", 40, 5.0), ("b", 30, 0.0), ("q", 10, 7.0), ("clk", 0, 3.0)):
        toggles[flat.ports[port][1]] = changes
        wires[flat.ports[port][1]] = wire
    (inner,) = flat.groups[1].nets_at("ZN")
    toggles[inner], wires[inner] = 20, 2.0
    activity = Activity(100, toggles, ones)
    without = PowerModel(flat, SUPPLY).energies(activity)
    result = PowerModel(flat, SUPPLY, wires_ff=wires).energies(activity)
    half = 0.5 * SUPPLY**2
    # Of generic45, whose internal energies do not depend on loads.
    assert result.internal_fj == pytest.approx(without.internal_fj)
    # The output q has a wire and no pin; the net between has both.
    assert result.switching_fj == pytest.approx([0.1 * half * 7.0, 0.2 * half * (1.14 + 2.0)])
    assert result.driven_fj == pytest.approx(
        [2 * half * (0.95 + 3.0), half * (0.4 * (1.599 + 5.0) + 0.3 * 1.664)]
    )
    assert result.clock_charge_fj == pytest.approx([2 * half * (0.95 + 3.0), 0])
    assert result.leakage_nw == pytest.approx(without.leakage_nw)
    assert PowerModel(flat, SUPPLY, wires_ff=np.zeros(flat.nets)).energies(
        activity
    ).switching_fj == pytest.approx(without.switching_fj)


def slow(flat: FlatNetlist, group: CellGroup, index: int, activity: Activity) -> list[float]:
    """Energies, those of the clock, and leakage, of one cell."""
    library, cell = flat.library, flat.library.cells[group.kind]
    nets = dict(zip(group.pins, group.nets[index].tolist(), strict=True))
    clock = int(flat.ports["clk"][1][0])
    load = loads(flat)
    slew = slews(flat)

    def rate(net: int) -> float:
        return 2.0 if net == clock else activity.toggles[net] / activity.cycles if net > 1 else 0.0

    def share(net: int) -> float:
        known = {0: 0.0, 1: 1.0, clock: 0.5}
        return known.get(net, activity.ones[net] / activity.cycles)

    states = list(cell_states(cell, group.pins, {pin: share(net) for pin, net in nets.items()}))
    half = 0.5 * SUPPLY**2
    internal = switching = driven = inside = charged = 0.0
    for name in group.pins:
        pin, net = cell.pins[name], nets[name]
        own = cell.flip_flop is not None and name == cell.flip_flop.clocked_on
        if pin.direction == "output":
            switching += half * load[net] * rate(net)
        elif not driven_by_a_cell(flat, library, net):
            driven += half * pin.capacitance * rate(net)
            charged += own * half * pin.capacitance * rate(net)
        weighed = []
        for power in pin.powers:
            same = [p for p in pin.powers if p.related == power.related]
            weight = 0.0
            for values, probability in states:
                holds = (
                    parse(power.when).evaluate(values)
                    if power.when
                    else not any(p.when and parse(p.when).evaluate(values) for p in same)
                )
                if pin.direction == "output" and holds and not cell.flip_flop:
                    one, other = (
                        parse(pin.function).evaluate({**values, power.related: bit})
                        for bit in (0, 1)
                    )
                    holds = one != other
                weight += probability * bool(holds)
            source = nets[power.related] if pin.direction == "output" else net
            before = slew[source].tolist()
            falling = any(
                arc.source == power.related and arc.sense == "negative_unate" for arc in pin.arcs
            )
            if pin.direction == "output":
                weight *= rate(source)
                before = before[::-1] if falling else before
            at = load[net] if pin.direction == "output" else 0.0
            mean = 0.5 * (power.rise.at(before[0], at) + power.fall.at(before[1], at))
            weighed.append((weight, mean))
        total = sum(weight for weight, _ in weighed)
        if pin.direction == "output" and weighed:
            weighed = [
                (weight / total if total else 1 / len(weighed), mean) for weight, mean in weighed
            ]
        energy = rate(net) * sum(weight * mean for weight, mean in weighed)
        internal, inside = internal + energy, inside + own * energy
    leakage = 0.0
    for values, probability in states:
        which = [nw for when, nw in cell.leakages if parse(when).evaluate(values)]
        leakage += probability * (which[0] if which else cell.leakage_nw)
    return [internal, switching, driven, inside, charged, leakage]


def cell_states(cell: Cell, pins: tuple[str, ...], ones: dict[str, float]):  # type: ignore[no-untyped-def]
    inputs = [pin for pin in pins if cell.pins[pin].direction == "input"]
    flop = cell.flip_flop
    shares = {pin: ones[pin] for pin in inputs}
    if flop:
        shares[flop.state] = next(
            ones[pin] if cell.pins[pin].function == flop.state else 1 - ones[pin]
            for pin in pins
            if pin not in inputs
        )
    for bits in itertools.product((0, 1), repeat=len(shares)):
        values = dict(zip(shares, bits, strict=True))
        if flop:
            values[flop.inverted_state] = 1 - values[flop.state]
        for pin in pins:
            if pin not in inputs:
                values[pin] = parse(cell.pins[pin].function).evaluate(values)
        probability = 1.0
        for name, share in shares.items():
            probability *= share if values[name] else 1 - share
        yield values, probability


def driven_by_a_cell(flat: FlatNetlist, library: Library, net: int) -> bool:
    return any(
        library.cells[group.kind].pins[pin].direction == "output" and net in group.nets_at(pin)
        for group in flat.groups
        for pin in group.pins
    )


@pytest.mark.parametrize("technology", ["generic45", "osu018", "sky130hd"])
def test_random_designs_cell_by_cell(technology: str) -> None:
    library = material.technology(technology).library
    rng = np.random.default_rng(3)
    flat = flatten(random_module(rng, library, gates=60, flops=8, inputs_=10))
    activity = random_activity(flat, 4)
    result = PowerModel(flat, SUPPLY).energies(activity)
    expected = [
        slow(flat, group, index, activity)
        for group in flat.groups
        for index in range(len(group.nets))
    ]
    every = (
        result.internal_fj,
        result.switching_fj,
        result.driven_fj,
        result.clock_internal_fj,
        result.clock_charge_fj,
        result.leakage_nw,
    )
    np.testing.assert_allclose(np.stack(every, axis=1), expected, rtol=1e-9, atol=1e-12)


def test_without_toggles_only_clock_and_leakage_are_left() -> None:
    flat = nand_and_flip_flop()
    nothing = np.zeros(flat.nets, dtype=np.int64)
    result = PowerModel(flat, SUPPLY).energies(Activity(10, nothing, nothing))
    assert result.internal_fj == pytest.approx([2 * 3.722, 0])
    assert result.clock_internal_fj.tolist() == result.internal_fj.tolist()
    assert result.clock_charge_fj.tolist() == result.driven_fj.tolist()
    assert result.switching_fj.tolist() == [0, 0]
    assert result.leakage_nw.min() > 0


def test_a_clock_gate_and_what_it_drives_are_the_clocks() -> None:
    """Two flip-flops behind a gate that is open in every fourth cycle."""
    instances = [
        Instance("g", "CLKGATETST", {"CK": [2], "E": [3], "SE": ["0"], "GCK": [4]}, {}),
        *(Instance(f"f{n}", "DFF", {"CK": [4], "D": [3], "Q": [5 + n]}, {}) for n in range(2)),
    ]
    ports = {"clk": ("input", [2]), "e": ("input", [3]), "q": ("output", [5, 6])}
    flat = flatten(
        Netlist("top", {"top": Module("top", ports, instances)}, load("generic45").library)
    )
    toggles, ones = np.zeros(flat.nets, dtype=np.int64), np.zeros(flat.nets, dtype=np.int64)
    gate, flops = flat.groups
    assert (gate.kind, flops.kind) == ("CLKGATETST", "DFF")
    toggles[gate.nets_at("GCK")] = 50
    result = PowerModel(flat, SUPPLY).energies(Activity(100, toggles, ones))
    half = 0.5 * SUPPLY**2
    # CK 3.52 and GCK 4.839 fJ a toggle, CK 1.812 fF; the gate charges two pins of 0.95 fF.
    assert result.internal_fj == pytest.approx([2 * 3.52 + 0.5 * 4.839, *[0.5 * 3.722] * 2])
    assert result.switching_fj == pytest.approx([0.5 * half * 2 * 0.95, 0, 0])
    assert result.driven_fj == pytest.approx([2 * half * 1.812, 0, 0])
    assert result.clock_internal_fj.tolist() == result.internal_fj.tolist()
    charged = result.switching_fj + result.driven_fj
    assert result.clock_charge_fj.tolist() == charged.tolist()


def test_arguments() -> None:
    flat = nand_and_flip_flop()
    with pytest.raises(ValueError, match=r"^supply must be positive, not 0$"):
        PowerModel(flat, 0)
    model = PowerModel(flat, SUPPLY)
    nothing = np.zeros(flat.nets, dtype=np.int64)
    with pytest.raises(ValueError, match="at least one cycle"):
        model.energies(Activity(0, nothing, nothing))
    with pytest.raises(ValueError, match=rf"^nets must be {flat.nets}, not 3$"):
        model.energies(Activity(5, nothing[:3], nothing[:3]))
