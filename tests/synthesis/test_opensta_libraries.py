"""Libraries as OpenSTA reads them."""

import re
import shutil

import pytest

from hawx_hw.errors import UserError
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.opensta import required_opensta, run_opensta
from hawx_hw.synthesis.opensta_libraries import (
    WIRES,
    load_unit,
    macro_library,
    time_unit,
    with_wires,
    without_wires,
)
from hawx_hw.technology import load
from hawx_hw.technology.liberty_groups import parse
from hawx_hw.technology.wires import WireModel

needs_opensta = pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")
#: A net of 24 pins, a register behind registers, and outputs.
DESIGN = """
module top(input clk, input [7:0] a, output reg [7:0] p, output reg [23:0] wide, output [7:0] q);
  reg s;
  reg [7:0] r;
  assign q = p ^ {8{s}};
  always @(posedge clk) begin
    r <= a;
    s <= ^r;
    p <= r * r;
    wide <= {24{s}} & {3{r}};
  end
endmodule
"""
#: Long wires, so that an error in them would show. More resistance would keep some of their load
#: from the cell before them, which OpenSTA counts and this project's own analysis does not.
LONG = WireModel(0.3, 5.0, (20.0, 50.0, 90.0), 40.0, "test")
SCRIPT = f"""read_liberty cells.lib
read_verilog net.v
link_design top
create_clock -name clk -period 1 [get_ports clk]
foreach port [all_inputs] {{
  if {{[get_full_name $port] ne "clk"}} {{ set_input_delay 0 -clock clk $port }}
}}
set_output_delay 0 -clock clk [all_outputs]
set_wire_load_mode top
set_wire_load_model -name {WIRES}
report_checks -digits 5
"""


def test_a_macro_library_has_every_port_at_its_width():
    shape = {"ADDRESS_WIDTH": 5, "DEPTH": 20, "WIDTH": 184}
    text = macro_library({"small": ("hawx_sdp_ram", shape)})
    (library,) = parse(text).children("library")
    assert [cell.name for cell in library.children("cell")] == ["small"]
    for port, width in (("write_address", 5), ("write_data", 184), ("read_data", 184)):
        assert f"bus ({port}) {{\n      bus_type : bus{width};" in text
    for port in ("clk", "write_enable", "read_enable"):
        assert f"pin ({port}) {{" in text


def test_an_unknown_black_box_is_refused():
    with pytest.raises(UserError, match=r"^The timing of black box 'pll' is not known\."):
        macro_library({"pll_width2": ("pll", {"WIDTH": 2, "ADDRESS_WIDTH": 1})})


def test_macros_have_the_times_that_they_are_given():
    shape = {"ADDRESS_WIDTH": 5, "DEPTH": 20, "WIDTH": 8}
    text = macro_library({"small": ("hawx_rom", shape)}, access_ns=0.35, setup_ns=0.125)
    times = {}
    for line in text.splitlines():
        if pin := re.match(r" +(?:pin|bus) \((\w+)\)", line):
            port = pin[1]
        elif kind := re.match(r" +timing_type : (\w+);", line):
            arc = kind[1]
        elif table := re.match(r' +(\w+) \(scalar\) \{ values \("([\d.]+)"\); \}', line):
            times[port, arc, table[1]] = float(table[2])
    access = {key: time for key, time in times.items() if key[1] == "rising_edge"}
    assert {key[0] for key in access} == {"read_data"}
    assert {(key[2], time) for key, time in access.items()} == {
        ("cell_rise", 0.35), ("cell_fall", 0.35),
        ("rise_transition", 0.0), ("fall_transition", 0.0),
    }  # fmt: skip
    for kind, time in (("setup_rising", 0.125), ("hold_rising", 0.0)):
        assert {(key[0], times[key]) for key in times if key[1] == kind} == {
            ("read_enable", time),
            ("read_address", time),
        }


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ('time_unit : "1ps";', 1e-3),
        ('time_unit : "100ps" ;', 0.1),
        ("time_unit : 1ns;", 1.0),
        ("", 1.0),
    ],
)
def test_the_unit_of_time(text, unit):
    assert time_unit(f"library (x) {{ {text} }}") == unit


def test_wire_load_models_are_taken_out_of_a_library():
    library = """library (cells) {
  default_wire_load_mode : "top";
  default_wire_load : "small";
  wire_load ("small") { capacitance : 1; fanout_length (1, 9.5); }
  wire_load_selection (by_area) { wire_load_from_area (0, 100, "small"); }
  default_wire_load_selection : by_area;
  cell (INV) { area : 1; }
}
"""
    assert [line.strip() for line in without_wires(library).splitlines() if line.strip()] == [
        "library (cells) {",
        'default_wire_load_mode : "top";',
        "cell (INV) { area : 1; }",
        "}",
    ]


@pytest.mark.parametrize(("text", "unit"), [("(1, ff)", 1.0), ("(0.5, pf)", 500.0)])
def test_the_unit_of_capacitance(text, unit):
    assert load_unit(f"library (x) {{ capacitive_load_unit {text}; }}") == unit


def test_a_library_without_units_gets_no_wires():
    with pytest.raises(ValueError, match="must state capacitive_load_unit"):
        with_wires("library (x) {\n  cell (INV) { }\n}\n", LONG)


@needs_opensta
@pytest.mark.parametrize("name", ["short", "long"])
def test_paths_with_wires_are_those_of_this_projects_own_analysis(tmp_path, name):
    technology = load("generic45")
    wires = LONG if name == "long" else technology.wires
    (mapped,) = map_designs([({"top.v": DESIGN}, "top")], technology)
    program, _ = required_opensta()
    (tmp_path / "net.v").write_text(mapped.verilog)
    (tmp_path / "cells.lib").write_text(with_wires(technology.tool_text(), wires))
    log = run_opensta(program, SCRIPT, tmp_path, "sta", timeout=60)
    arrival = float(re.search(r"(\S+) +data arrival time", log)[1]) / 1000
    bare, with_them = (longest_path(mapped.flat, each)[0].delay for each in (None, wires))
    assert arrival == pytest.approx(with_them, rel=5e-3)
    assert abs(arrival - bare) > 10 * abs(arrival - with_them)
