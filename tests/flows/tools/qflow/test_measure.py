"""Metrics and checks of a part, of files as the tools write them and of damaged ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from hawx_hw.flows.tools.qflow.blif import PlacedNetlist
from hawx_hw.flows.tools.qflow.measure import (
    checks,
    extracted_capacitances,
    gds_check,
    measure,
    netlist_of,
)
from tests.flows.small_layout import DEF, LEF
from tests.flows.tools.qflow.test_logs import GOOD, MATCH

SMALL = PlacedNetlist(
    "small",
    ("a",),
    (),
    {"INV_1": ("INV", {"A": "a", "Y": "mid"}), "INV_2": ("INV", {"A": "mid", "Y": "n7"})},
)
SPICE = """\
.subckt small a
C0 INV_1/Y a 0.50fF
C1 gnd INV_2/A 1.25fF
C2 a vdd 0.25fF
C3 INV_1/m1_2_6# a 1aF
.ends
"""
#: As the DEF, with the open output of the second cell.
ROUTED = DEF.replace(
    "NETS 2 ;\n", "NETS 3 ;\n- n7\n  ( INV_2 Y )\n+ ROUTED metal1 ( 1225 450 ) ( 1300 * ) ;\n"
)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """The folder of a part that was placed and routed, with all its logs."""
    db = pytest.importorskip("klayout.db")
    folder = tmp_path / "small"
    texts = {
        "synthesis/small.blif": SMALL.text(),
        "layout/small.def": ROUTED,
        "layout/small_wires.spice": SPICE,
        "log/route.log": "Final: No failed routes!\nRouter script ended\n",
        "log/lvs.log": MATCH.replace("206", "2"),
        "magic.log": GOOD.replace("246", "2"),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "cells.lef").write_text(LEF)
    layout = db.Layout()
    top, cell = layout.create_cell("small"), layout.create_cell("INV")
    metal = layout.layer(49, 0)
    cell.shapes(metal).insert(db.Box(0, 0, 500, 500))
    for x in (0, 10_000):
        top.insert(db.CellInstArray(cell.cell_index(), db.Trans(x, 0)))
    top.shapes(metal).insert(db.Box(0, 0, 10_000, 500))
    layout.write(str(folder / "layout" / "small.gds"))
    return folder


def failed(part: Path) -> dict[str, str]:
    return {each.name: each.detail for each in checks(part, "small") if not each.passed}


def test_a_good_part_passes_every_check(part: Path) -> None:
    observed = checks(part, "small")
    assert [each.name for each in observed] == [
        "every net is routed",
        "placed is the mapped netlist",
        "layout against netlist (netgen)",
        "Magic has read every cell",
        "design rules of the metal (Magic)",
        "the GDS has every cell and the wires",
    ]
    assert failed(part) == {}


def test_metrics_are_those_that_were_drawn(part: Path) -> None:
    measured = measure(part, "small", part.parent / "cells.lef")
    assert (measured.cells, measured.cell_area_um2, measured.layout_area_um2) == (2, 50.0, 300.0)
    assert measured.wires.total("mid") == pytest.approx(14.37, abs=0.01)
    assert measured.fan_outs == {"a": 1, "mid": 1, "n7": 0}
    assert measured.extracted_ff == pytest.approx({"a": 0.751, "mid": 1.75})
    numbers = measured.numbers()
    assert numbers["cells"] == 2
    assert numbers["wire length, um"] == pytest.approx(14.37 + 3.0 + 1.25, abs=0.1)
    assert numbers["wire capacitance extracted, fF"] == pytest.approx(2.5)
    assert netlist_of(part, "small") == SMALL


def test_capacitances_have_their_units_and_bits_their_brackets() -> None:
    joined = {"w<1>": {("PIN", "w<1>"), ("INV_1", "A")}, "y": {("INV_1", "Y")}, "gnd": set()}
    spice = "C0 w[1] gnd 2aF\nC1 INV_1/Y w[1] 0.003pF\nR0 INV_1/Y w[1] 5\nC2 y gnd 1e-15\n"
    assert extracted_capacitances(spice, joined) == pytest.approx({"w<1>": 3.002, "y": 4.0})


def test_nets_that_are_not_routed_end_the_checks(part: Path) -> None:
    (part / "log/route.log").write_text("Final: Failed net routes: 2\n")
    assert failed(part) == {"every net is routed": "failed net routes: 2"}
    (part / "log/route.log").unlink()
    assert failed(part) == {"every net is routed": "qrouter did not end"}


@pytest.mark.parametrize(
    ("before", "after", "detail"),
    [
        ("( INV_2 A )", "( INV_2 Y )", "nets differ, such as mid"),
        ("- INV_2 INV +", "- INV_2 BUF +", "2 cells, 3 nets"),
        ("- mid\n", "- middle\n", "2 nets differ"),
    ],
)
def test_a_layout_of_another_netlist_is_a_failure(
    part: Path, before: str, after: str, detail: str
) -> None:
    path = part / "layout/small.def"
    path.write_text(path.read_text().replace(before, after))
    assert detail in failed(part)["placed is the mapped netlist"]


def test_an_empty_gds_is_a_failure(part: Path) -> None:
    db = pytest.importorskip("klayout.db")
    title = "the GDS has every cell and the wires"
    path = part / "layout/small.gds"
    layout = db.Layout()
    layout.create_cell("small")
    layout.write(str(path))
    assert path.stat().st_size < 400
    assert failed(part) == {title: "0 of 2 cells, 0 shapes of metal"}
    path.write_bytes(b"")
    assert failed(part)[title].startswith("it cannot be read")
    path.unlink()
    assert failed(part) == {title: "it was not written"}


def test_a_gds_of_metal_without_cells_is_a_failure(part: Path) -> None:
    db = pytest.importorskip("klayout.db")
    layout = db.Layout()
    layout.create_cell("small").shapes(layout.layer(49, 0)).insert(db.Box(0, 0, 100, 50))
    path = part / "layout/small.gds"
    layout.write(str(path))
    check = gds_check(path, "small", Counter(INV=2))
    assert (check.passed, check.detail) == (False, "0 of 2 cells, 1 shapes of metal")


@pytest.mark.parametrize("log", ["log/lvs.log", "magic.log"])
def test_a_step_that_left_no_log_is_a_failure(part: Path, log: str) -> None:
    (part / log).unlink()
    assert failed(part)
