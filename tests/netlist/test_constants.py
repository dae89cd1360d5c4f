"""Constant nets against all values of all other nets, and cases where constants go on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.netlist.constants import constant_nets
from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.technology import load
from tests.netlist.netlists import exact_function as function_of
from tests.netlist.netlists import inputs, net_numbers, outputs, random_module, usable

LIBRARY = load("generic45").library


def cell(name: str, kind: str, **pins: int | str) -> Instance:
    return Instance(name, kind, {pin: [net] for pin, net in pins.items()}, {})


def of(*cells: Instance, **nets: int) -> dict[str, int]:
    """The constants of named nets of a design with these cells and the inputs 2 (clock) and 3."""
    ports = {"clk": ("input", [2]), "a": ("input", [3])} | {
        name: ("output", [net]) for name, net in nets.items()
    }
    netlist = Netlist("top", {"top": Module("top", dict(ports), list(cells))}, LIBRARY)
    flat = flatten(netlist)
    constants = constant_nets(flat)
    return {name: int(constants[flat.ports[name][1][0]]) for name in nets}


@pytest.mark.parametrize("kind", [cell.name for cell in usable(LIBRARY)])
def test_each_gate_with_each_set_of_constant_inputs(kind: str) -> None:
    gate = LIBRARY.cells[kind]
    names = inputs(gate)
    for values in itertools.product("01a", repeat=len(names)):
        # Every input that is not constant has a net of its own.
        pins: dict[str, int | str] = {
            name: 10 + place if value == "a" else value
            for place, (name, value) in enumerate(zip(names, values, strict=True))
        }
        pins |= {name: 50 + place for place, name in enumerate(outputs(gate))}
        observed = of(cell("g", kind, **pins), **{
            name: 50 + place for place, name in enumerate(outputs(gate))
        })  # fmt: skip
        for name in outputs(gate):
            compute = function_of(gate.pins[name].function)
            possible = {
                compute(dict(zip(names, map(int, bits), strict=True)))
                for bits in itertools.product("01", repeat=len(names))
                if all(value in ("a", bit) for value, bit in zip(values, bits, strict=True))
            }
            # A multiplexer of equal constants, and the like, count as unknown.
            assert observed[name] in ({-1} if len(possible) == 2 else {-1, *possible}), values
            if len(set(values)) == 1 and values[0] != "a":
                assert observed[name] in possible


def test_constants_go_on_through_gates_in_any_order() -> None:
    cells = [
        cell("a_last", "AND2", A1=22, A2=3, ZN=23),
        cell("b", "INV", A=21, ZN=22),
        cell("c", "OR2", A1="1", A2=3, ZN=21),
        cell("d", "AND2", A1=21, A2=3, ZN=24),
    ]
    assert of(*cells, zero=23, one=21, passed=24) == {"zero": 0, "one": 1, "passed": -1}


def test_a_register_of_a_constant_is_not_constant() -> None:
    """Before its first edge it may hold anything."""
    assert of(cell("f", "DFF", CK=2, D="1", Q=30, QN=31), q=30) == {"q": -1}


def test_an_undriven_input_port_is_not_constant() -> None:
    assert of(cell("g", "BUF", A=3, Z=40), z=40, a2=3) == {"z": -1, "a2": -1}


def test_random_designs_have_no_constants_that_a_simulation_contradicts() -> None:
    from tests.netlist.netlists import Slow

    rng = np.random.default_rng(1)
    netlist = random_module(rng, LIBRARY, gates=60, flops=8, inputs_=5)
    constants = constant_nets(flatten(netlist))
    numbers = net_numbers(netlist)
    slow = Slow(netlist)
    assert np.any(constants[2:] >= 0)
    for step in range(40):
        slow.step(list(rng.integers(0, 2, 5)), first=step == 0)
        for net, number in numbers.items():
            assert constants[number] in (-1, slow.values.get(net, 0))
