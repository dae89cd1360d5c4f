"""What is laid out of a design."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from hawx_hw.flows.tools.qflow.parts import (
    array_part,
    block_parts,
    module_part,
    unit_part,
    units,
)
from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from tests.flows.tools.qflow.designs import array_design, lane_design


@pytest.fixture(scope="module")
def array(shared_store: Store) -> Netlist:
    return array_design(load("generic45"), shared_store)


@pytest.fixture(scope="module")
def lanes(shared_store: Store) -> Netlist:
    return lane_design(load("generic45"), shared_store)


def test_units_hold_a_block(array: Netlist, lanes: Netlist) -> None:
    assert units(array) == Counter(hawx_pe_and=4, hawx_pe_or=2)
    assert units(lanes) == Counter(hawx_lane_and=6)
    assert unit_part(array).name == "pe_and"
    assert unit_part(lanes).name == "lane_and"


def test_a_part_has_the_cells_that_it_has_in_the_design(array: Netlist) -> None:
    part = module_part(array, "hawx_pe_and")
    modules = array.report().modules
    expected = modules["hawx_pe_and"].area + modules["hawx_block_and"].area
    assert part.netlist.report().area == pytest.approx(expected)


def test_blocks_are_all_kinds_by_name(array: Netlist, lanes: Netlist) -> None:
    assert [part.name for part in block_parts(array)] == ["block_and", "block_or"]
    assert [part.name for part in block_parts(lanes)] == ["block_and"]


def test_a_block_without_cells_is_left_out(array: Netlist) -> None:
    emptied = {**array.modules}
    block = emptied["hawx_block_or"]
    emptied["hawx_block_or"] = type(block)(block.name, block.ports, [])
    netlist = Netlist(array.top, emptied, array.library)
    assert [part.name for part in block_parts(netlist)] == ["block_and"]
    with pytest.raises(ValueError, match="must hold cells"):
        module_part(netlist, "hawx_block_or")


def test_an_array_is_two_by_two_with_the_wires_between(array: Netlist) -> None:
    part = array_part(array)
    assert part.title == "pe_0_0, pe_0_1, pe_1_0, pe_1_1 of hawx_array_slice"
    ports = part.netlist.modules["array"].ports
    widths = {name: (direction, len(nets)) for name, (direction, nets) in ports.items()}
    # One weight a column and one activation a row come in; the sums of the second row leave, which
    # the third row takes. The first row's sums stay inside, and the zeros before it are constants.
    assert widths == {
        "pe_0_0_clk": ("input", 1),
        "pe_0_0_weight": ("input", 2),
        "pe_0_0_activation": ("input", 2),
        "pe_0_1_weight": ("input", 2),
        "pe_1_0_activation": ("input", 2),
        "pe_1_0_sum_out": ("output", 4),
        "pe_1_1_sum_out": ("output", 4),
    }
    flat, whole = flatten(part.netlist), flatten(array)
    assert flat.cells < whole.cells
    assert part.netlist.uses["hawx_pe_or"] == 2
    assert part.netlist.uses["hawx_pe_and"] == 2
    assert flat.drivers.max() == 1


def test_an_array_of_lanes_is_the_first_four(lanes: Netlist) -> None:
    part = array_part(lanes)
    assert part.title == "lane_0, lane_1, lane_2, lane_3 of hawx_cluster"
    assert part.netlist.uses["hawx_lane_and"] == 4
    assert part.netlist.modules["array"].ports["lane_0_activation"][0] == "input"


def test_too_few_units_are_no_array(shared_store: Store) -> None:
    small = array_design(load("generic45"), shared_store, rows=1, columns=2)
    with pytest.raises(ValueError, match="a module must hold 4 units for an array"):
        array_part(small)


def test_what_is_not_there_is_refused(array: Netlist) -> None:
    with pytest.raises(ValueError, match=r"module must be one of .*hawx_pe_and.*, not 'other'"):
        module_part(array, "other")
    block = module_part(array, "hawx_block_and").netlist
    with pytest.raises(ValueError, match="must hold blocks"):
        unit_part(block)


#: Every part of a design, mapped anew, as it is handed to the placement.
SCRIPT = """
import sys
from hawx_hw.flows.tools.qflow.blif import placed_netlist
from hawx_hw.flows.tools.qflow.parts import array_part, block_parts, unit_part
from hawx_hw.netlist.flat import flatten
from hawx_hw.technology import load
from tests.flows.tools.qflow.designs import array_design, lane_design
for design in (array_design, lane_design):
    netlist = design(load("generic45"), None)
    for part in (unit_part(netlist), array_part(netlist), *block_parts(netlist)):
        placed = placed_netlist(flatten(part.netlist), part.name)
        sys.stdout.write(placed.text() + placed.verilog())
"""


def test_ports_and_cells_are_in_the_same_order_whatever_the_hashes_of_names() -> None:
    root = Path(__file__).parents[4]
    texts = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            check=True, capture_output=True, text=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert texts[0] == texts[1]
    assert texts[0].count(".model") == 7
