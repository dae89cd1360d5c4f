"""The module around each net, against a search that goes through all pins and all instances."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.flat import CONSTANTS, FlatNetlist, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.netlist.surroundings import surroundings
from hawx_hw.technology import load

LIBRARY = load("generic45").library


def gate(name: str, source: int | str, target: int) -> Instance:
    return Instance(name, "INV", {"A": [source], "ZN": [target]}, {})


def design() -> Netlist:
    """Two levels: a chain through ``outer/one/`` and ``outer/two/``, and gates of their own."""
    leaf = Module(
        "leaf",
        {"i": ("input", [2]), "o": ("output", [4])},
        [gate("a", 2, 3), gate("b", 3, 4), gate("open", 3, 5)],
    )
    outer = Module(
        "outer",
        {"i": ("input", [2]), "o": ("output", [4])},
        [
            Instance("one", "leaf", {"i": [2], "o": [3]}, {}),
            Instance("two", "leaf", {"i": [3], "o": [4]}, {}),
            gate("own", 3, 5),
        ],
    )
    top = Module(
        "top",
        {"i": ("input", [2]), "o": ("output", [5])},
        [
            gate("first", 2, 3),
            Instance("left", "outer", {"i": [3], "o": [4]}, {}),
            Instance("right", "outer", {"i": [4], "o": [5]}, {}),
            gate("zero", "0", 6),
        ],
    )
    return Netlist("top", {"leaf": leaf, "outer": outer, "top": top}, LIBRARY)


def ref_surroundings(flat: FlatNetlist) -> dict[int, str]:
    """The longest path of an instance that all pins of a net are below; a port is at the top."""
    places: dict[int, list[str]] = {}
    for group in flat.groups:
        for pin in group.pins:
            for net, instance in zip(group.nets_at(pin), group.instances, strict=True):
                places.setdefault(int(net), []).append(flat.paths[instance])
    for _, nets in flat.ports.values():
        for net in nets:
            places.setdefault(int(net), []).append("")
    return {
        net: max(
            (path for path in flat.paths if all(each.startswith(path) for each in paths)), key=len
        )
        for net, paths in places.items()
    }


def test_each_net_has_the_smallest_module_around_it() -> None:
    flat = flatten(design())
    around = surroundings(flat)
    expected = ref_surroundings(flat)
    for net, path in expected.items():
        assert flat.paths[around.instance[net]] == path, net
    assert {"", "left/", "left/one/", "right/two/"} <= set(expected.values())
    unused = [net for net in range(flat.nets) if net not in expected]
    assert np.all(around.instance[unused] == 0)


def test_cells_are_those_within_with_their_mean_area() -> None:
    flat = flatten(design())
    around = surroundings(flat)
    area = LIBRARY.cells["INV"].area
    sizes = {"": 16, "left/": 7, "left/one/": 3}
    for net, path in ref_surroundings(flat).items():
        if path in sizes:
            assert around.cells[net] == sizes[path]
            assert around.cell_area[net] == pytest.approx(area)


def test_a_design_without_cells_has_an_area_of_zero() -> None:
    module = Module("top", {"i": ("input", [2]), "o": ("output", [2])}, [])
    around = surroundings(flatten(Netlist("top", {"top": module}, LIBRARY)))
    assert around.cells[CONSTANTS:].tolist() == [1]
    assert around.cell_area.max() == 0.0


def test_names_that_begin_alike_are_not_taken_for_parents() -> None:
    leaf = Module("leaf", {"i": ("input", [2]), "o": ("output", [3])}, [gate("a", 2, 3)])
    top = Module(
        "top",
        {"i": ("input", [2])},
        [
            Instance("pe", "leaf", {"i": [2], "o": [3]}, {}),
            Instance("pe_1", "leaf", {"i": [3], "o": [4]}, {}),
            gate("x", 4, 5),
        ],
    )
    flat = flatten(Netlist("top", {"leaf": leaf, "top": top}, LIBRARY))
    around = surroundings(flat)
    for net, path in ref_surroundings(flat).items():
        assert flat.paths[around.instance[net]] == path
