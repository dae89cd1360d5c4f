"""Counting over a hierarchy: cells, areas and memory bits of a netlist as Yosys writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.netlist.netlist import Netlist, read_netlist
from hawx_hw.technology import load
from hawx_hw.technology.liberty import Library


@pytest.fixture(scope="module")
def library() -> Library:
    return load("generic45").library


def cell(kind: str, **parameters: int | str) -> dict[str, object]:
    return {
        "type": kind,
        "parameters": {
            key: f"{value:032b}" if isinstance(value, int) else value
            for key, value in parameters.items()
        },
        "connections": {"clk": [2]},
    }


def module(**cells: dict[str, object]) -> dict[str, object]:
    return {"ports": {"clk": {"direction": "input", "bits": [2]}}, "cells": cells}


def memory(width: int, depth: int) -> dict[str, object]:
    return cell("hawx_rom", WIDTH=width, DEPTH=depth, INIT_FILE="mem/a.hex")


def read(folder: Path, library: Library, **modules: dict[str, object]) -> Netlist:
    path = folder / "netlist.json"
    path.write_text(json.dumps({"modules": modules}))
    return read_netlist(path, "top", library)


@pytest.fixture
def design(tmp_path: Path, library: Library) -> Netlist:
    """Two rows of three elements each; an element holds a register and a gate."""
    return read(
        tmp_path,
        library,
        top=module(a=cell("row"), b=cell("row"), m=memory(9, 5), g=cell("INV")),
        row=module(x=cell("element"), y=cell("element"), z=cell("element"), m=memory(8, 16)),
        element=module(q=cell("DFF"), g=cell("NAND2")),
        unused=module(g=cell("INV")),
        hawx_rom=module(),
    )


def test_modules_come_parts_first_and_count_by_use(design: Netlist) -> None:
    assert design.order == ["element", "row", "top"]
    assert dict(design.uses) == {"top": 1, "row": 2, "element": 6}


def test_metrics_are_sums_over_the_hierarchy(design: Netlist) -> None:
    report = design.report()
    assert report.cells == 13
    assert report.sequential_cells == 6
    assert report.cells_by_kind == {"DFF": 6, "INV": 1, "NAND2": 6}
    assert report.sequential_area == pytest.approx(6 * 4.522)
    assert report.combinational_area == pytest.approx(6 * 0.798 + 0.532)
    assert report.area == pytest.approx(6 * 4.522 + 6 * 0.798 + 0.532)


def test_metrics_of_a_kind_are_of_one_instance(design: Netlist) -> None:
    assert design.report().modules["element"].as_dict() == {
        "instances": 6,
        "cells": 2,
        "sequential_cells": 1,
        "area": 5.32,
        "sequential_area": 4.522,
        "combinational_area": 0.798,
        "area_all": 31.92,
    }
    assert design.report().modules["row"].cells == 0


def test_memories_by_shape(design: Netlist) -> None:
    report = design.report()
    assert [memory.as_dict() for memory in report.memories] == [
        {"kind": "hawx_rom", "width": 8, "depth": 16, "instances": 2, "bits": 256},
        {"kind": "hawx_rom", "width": 9, "depth": 5, "instances": 1, "bits": 45},
    ]
    assert report.memory_bits == 301


def test_a_cell_that_the_library_lacks(tmp_path: Path, library: Library) -> None:
    with pytest.raises(ValueError, match=r"^Module 'top' holds '\$_DLATCH_P_', which is no cell"):
        read(tmp_path, library, top=module(q=cell("$_DLATCH_P_")))
