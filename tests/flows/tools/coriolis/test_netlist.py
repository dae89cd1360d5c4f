"""The netlist before and after Coriolis."""

from __future__ import annotations

from typing import Any

import pytest

from hawx_hw.flows.tools.coriolis.netlist import changes, with_constants
from hawx_hw.flows.tools.qflow.blif import PlacedNetlist

NETLIST = with_constants(
    PlacedNetlist(
        "small",
        ("a", "b<0>", "clk"),
        ("y",),
        {
            "nand2_x0_1": ("nand2_x0", {"i0": "a", "i1": "b<0>", "nq": "n5"}),
            "nor2_x0_1": ("nor2_x0", {"i0": "n5", "i1": "gnd", "nq": "n6"}),
            "dff_x1_1": ("dff_x1", {"i": "n6", "clk": "clk", "q": "y"}),
        },
    )
)


def routed() -> dict[str, Any]:
    """What Coriolis writes: a buffer in the clock, a spare one, cells that fill gaps."""
    cells = NETLIST.cells.values()
    instances = {
        f"subckt_{number}_{kind}": {"cell": kind, "pins": dict(pins)}
        for number, (kind, pins) in enumerate(cells)
    }
    instances["subckt_2_dff_x1"]["pins"]["clk"] = "clk_root_0"
    instances["buffer"] = {"cell": "buf_x4", "pins": {"i": "clk", "q": "clk_root_0"}}
    instances["spare"] = {"cell": "buf_x4", "pins": {}}
    instances["feed_0"] = {"cell": "tie_w2", "pins": {}}
    return {"instances": instances, "ports": ["b[0]", "a", "clk", "y"]}


def test_bits_are_written_as_in_verilog_and_cells_drive_constants() -> None:
    assert NETLIST.inputs == ("a", "b[0]", "clk")
    assert NETLIST.cells["constant_zero_x1"] == ("zero_x1", {"zero": "constant_0"})
    assert NETLIST.cells["nor2_x0_1"][1] == {"i0": "n5", "i1": "constant_0", "nq": "n6"}
    assert "constant_one_x1" not in NETLIST.cells
    assert ".gate zero_x1 zero=constant_0" in NETLIST.text()


def test_buffers_and_fills_are_no_change() -> None:
    assert changes(NETLIST, routed()) == (1, [])


def test_cells_may_be_numbered_from_one() -> None:
    after = routed()
    after["instances"] = {
        name.replace("subckt_", "subckt_1") if "subckt" in name else name: instance
        for name, instance in after["instances"].items()
    }
    assert changes(NETLIST, after) == (1, [])


@pytest.mark.parametrize(
    ("cell", "pins", "message"),
    [
        ("subckt_0_nand2_x0", {"i0": "b[0]", "i1": "a", "nq": "n5"}, "cell 0 is no longer nand2"),
        ("subckt_2_dff_x1", {"i": "n6", "clk": "a", "q": "y"}, "cell 2 is no longer dff_x1"),
        ("subckt_1_nor2_x0", None, "cell 1 is no longer nor2_x0"),
        ("subckt_9_inv_x1", {"i": "a", "nq": "n9"}, "cell 9 was added"),
        ("other", {"i": "a", "nq": "n9"}, "other of kind inv_x1 was added"),
        ("buffer", {"i": "a", "q": "clk_root_0"}, "cell 2 is no longer dff_x1"),
    ],
)
def test_other_changes_are_reported(cell: str, pins: dict[str, str] | None, message: str) -> None:
    after = routed()
    if pins is None:
        del after["instances"][cell]
    else:
        kind = after["instances"].get(cell, {"cell": "inv_x1"})["cell"]
        after["instances"][cell] = {"cell": kind, "pins": pins}
    _, differences = changes(NETLIST, after)
    assert len(differences) == 1
    assert differences[0].startswith(message)


def test_a_missing_and_a_further_port_are_reported() -> None:
    after = routed()
    after["ports"] = ["a", "clk", "y", "z"]
    assert changes(NETLIST, after)[1] == ["port b[0] is missing", "port z was added"]


def test_a_ring_of_buffers_ends() -> None:
    after = routed()
    after["instances"]["spare"]["pins"] = {"i": "ring", "q": "ring"}
    after["instances"]["subckt_1_nor2_x0"]["pins"]["i0"] = "ring"
    assert changes(NETLIST, after)[1] == ["cell 1 is no longer nor2_x0 with its nets"]
