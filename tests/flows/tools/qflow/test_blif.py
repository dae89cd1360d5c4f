"""Netlists as qflow reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hawx_hw.flows.tools.qflow.blif import PlacedNetlist, placed_netlist, read_blif
from hawx_hw.flows.tools.qflow.parts import array_part, module_part
from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Module, Netlist
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from hawx_hw.util.processes import run
from tests.flows.tools.qflow.designs import array_design

SMALL = PlacedNetlist(
    "small",
    ("a", "b<0>"),
    ("y",),
    {
        "INVX1_1": ("INVX1", {"A": "a", "Y": "n5"}),
        "NAND2X1_1": ("NAND2X1", {"A": "n5", "B": "b<0>", "Y": "y"}),
        "INVX1_2": ("INVX1", {"A": "gnd", "Y": "n6"}),
    },
)
TEXT = """\
.model small
.inputs a b<0>
.outputs y
.gate INVX1 A=a Y=n5
.gate NAND2X1 A=n5 B=b<0> Y=y
.gate INVX1 A=gnd Y=n6
.end
"""


def test_the_text_is_read_back() -> None:
    assert SMALL.text() == TEXT
    again = read_blif(TEXT)
    assert again == SMALL
    assert again.kinds == {"INVX1": 2, "NAND2X1": 1}
    assert again.nets["n5"] == {("INVX1_1", "Y"), ("NAND2X1_1", "A")}
    assert again.nets["b<0>"] == {("NAND2X1_1", "B"), ("PIN", "b<0>")}


def test_what_is_no_blif_is_refused() -> None:
    with pytest.raises(ValueError, match="a BLIF must begin"):
        read_blif("module small;\n")


def test_verilog_escapes_bits_and_writes_constants() -> None:
    text = SMALL.verilog()
    assert "module small(a, \\b<0> , y);" in text
    assert "  INVX1 INVX1_2 (.A(1'b0), .Y(n6));" in text


def test_every_cell_pin_of_the_flat_netlist_is_there(shared_store: Store) -> None:
    part = array_part(array_design(load("generic45"), shared_store))
    flat = flatten(part.netlist)
    placed = placed_netlist(flat, part.name)
    assert len(placed.cells) == flat.cells
    groups = {group.kind: group for group in flat.groups}
    net_of: dict[str, int] = {}
    for cell, (kind, pins) in placed.cells.items():
        number = int(cell.rsplit("_", 1)[1]) - 1
        for pin, net in pins.items():
            actual = int(groups[kind].nets_at(pin)[number])
            assert net_of.setdefault(net, actual) == actual
    # As many names as nets: none stands for two.
    assert len(set(net_of.values())) == len(net_of)
    assert {"pe_0_0_weight<1>", "pe_1_1_sum_out<3>"} <= net_of.keys()


def test_names_do_not_depend_on_the_order_of_ports_and_pins(shared_store: Store) -> None:
    """As modules come from the store or from Yosys, they have another order."""
    netlist = module_part(array_design(load("generic45"), shared_store), "hawx_pe_and").netlist
    turned = {
        name: Module(
            name,
            dict(reversed(module.ports.items())),
            [replace(each, pins=dict(reversed(each.pins.items()))) for each in module.instances],
        )
        for name, module in netlist.modules.items()
    }
    other = Netlist(netlist.top, turned, netlist.library)
    texts = [placed_netlist(flatten(each), "x").text() for each in (netlist, other)]
    assert texts[0] == texts[1]


def test_ports_that_lead_nowhere_or_are_one_net_have_one_pin(shared_store: Store) -> None:
    text = """
    module top(input clk, input a, input unused, output y, output same, output through,
        output zero, input n1);
      assign y = ~(a & n1);
      assign same = y;
      assign through = a;
      assign zero = 1'b0;
    endmodule
    """
    (mapped,) = map_designs([({"top.v": text}, "top")], load("generic45"), store=shared_store)
    placed = placed_netlist(mapped.flat, "top")
    assert set(placed.inputs) == {"a", "n1"}
    assert len(placed.outputs) == 1
    # The port n1 is not taken for a numbered net.
    assert all(net in placed.inputs or not net.startswith("n1") for net in placed.nets)


def test_the_verilog_elaborates(shared_store: Store, tmp_path: Path) -> None:
    part = module_part(array_design(load("generic45"), shared_store), "hawx_pe_and")
    placed = placed_netlist(flatten(part.netlist), part.name)
    (tmp_path / "part.v").write_text(placed.verilog())
    library = part.netlist.library
    models = "".join(
        f"module {kind}({', '.join(cell.pins)});"
        + "".join(f" {pin.direction} {pin.name};" for pin in cell.pins.values())
        + " endmodule\n"
        for kind, cell in library.cells.items()
        if kind in placed.kinds
    )
    (tmp_path / "cells.v").write_text(models)
    command = ("iverilog", "-g2005", "-s", part.name, "-o", "part.vvp", "part.v", "cells.v")
    done = run(command, tool="iverilog", limit=60, folder=tmp_path)
    assert done.status == 0, done.output
