"""Flattening: hierarchy, wires that are one, constants, what is not connected, two drivers."""

from __future__ import annotations

import pytest

from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.technology import load

Nets = list[int | str]


def inner() -> Module:
    """y = a & 1; its port z is its port a; one gate has an open output, one an open input."""
    ports: dict[str, tuple[str, Nets]] = {
        "a": ("input", [7]), "y": ("output", [8]), "z": ("output", [7]),
    }  # fmt: skip
    gates = [
        Instance("g0", "AND2", {"A1": [7], "A2": ["1"], "ZN": [8]}, {}),
        Instance("g1", "AND2", {"A1": [7], "A2": [8], "ZN": []}, {}),
        Instance("g2", "INV", {"ZN": [9]}, {}),
    ]
    return Module("inner", ports, gates)


def design(top: list[Instance]) -> Netlist:
    ports: dict[str, tuple[str, Nets]] = {"x": ("input", [2]), "y": ("output", [4, 6])}
    modules = {"inner": inner(), "top": Module("top", ports, top)}
    return Netlist("top", modules, load("generic45").library)


CHAIN = [
    Instance("u", "inner", {"a": [2], "y": [3], "z": [5]}, {}),
    Instance("v", "inner", {"a": [5], "y": [4], "z": [6]}, {}),
]


def test_hierarchy() -> None:
    flat = flatten(design(CHAIN))
    assert list(zip(flat.paths, flat.kinds, strict=True)) == [
        ("", "top"), ("u/", "inner"), ("v/", "inner"),
    ]  # fmt: skip
    assert flat.cells == 6
    gates = {group.kind: group for group in flat.groups}
    assert gates["AND2"].pins == ("A1", "A2", "ZN")
    assert gates["AND2"].names == ["g0", "g1", "g0", "g1"]
    assert gates["AND2"].instances.tolist() == [1, 1, 2, 2]
    # x goes through u as z, into v, and out of it.
    (x,) = flat.ports["x"][1].tolist()
    y, z = flat.ports["y"][1].tolist()
    assert gates["AND2"].nets_at("A1").tolist() == [x] * 4
    assert z == x
    assert gates["AND2"].nets_at("ZN")[2] == y


def test_constants_and_open_pins() -> None:
    flat = flatten(design(CHAIN))
    gates = {group.kind: group for group in flat.groups}
    assert gates["AND2"].nets_at("A2")[0] == 1
    assert gates["INV"].nets_at("A").tolist() == [0, 0]
    outputs = [*gates["AND2"].nets_at("ZN").tolist(), *gates["INV"].nets_at("ZN").tolist()]
    assert len(set(outputs)) == 6


def test_two_drivers() -> None:
    shorted = [CHAIN[0], Instance("v", "inner", {"a": [2], "y": [3], "z": [6]}, {})]
    with pytest.raises(ValueError, match="must have one driver, not 2"):
        flatten(design(shorted))
