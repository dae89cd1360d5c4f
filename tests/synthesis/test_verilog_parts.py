"""Verilog taken apart, and what is not understood."""

from __future__ import annotations

import pytest

from hawx_hw.synthesis.verilog_parts import read_parts

TEXT = r"""
// module comment(a); endmodule
/* module other; */
module \odd.name (a, \b.c , y);
  input a;
  wire a;
  input signed [7:0] \b.c ;
  output [3:0] y;
  reg [3:0] y = "leaf x(";
endmodule
(* keep *)
module leaf(input wire clk, input [3:0] a, b, output reg signed [8:0] q, inout z);
  always @(*) q = a;
endmodule
module bank(input clk, output [7:0] d);
  hawx_rom #(.INIT_FILE("a b.hex"), .WIDTH(8)) macro(.clk(clk), .read_data(d));
endmodule
module top(input clk);
  wire leaf_like, bank;
  leaf one(clk), two(clk);
  \odd.name three (.a(leaf_like));
  leaf #(.N(2)) four(clk);
endmodule
"""
ROM = "`ifdef X\n`endif\nmodule hawx_rom(input clk); endmodule\n"


def test_modules_are_taken_apart() -> None:
    parts = read_parts({"t.v": TEXT, "rom.v": ROM})
    assert parts is not None
    assert {name: part.uses for name, part in parts.items()} == {
        "odd.name": (), "leaf": (), "bank": ("hawx_rom",), "top": ("leaf", "odd.name"),
        "hawx_rom": (),
    }  # fmt: skip
    assert parts["top"].specialized == {"leaf"}
    assert parts["hawx_rom"].macro
    assert parts["hawx_rom"].declaration == ROM
    assert [part.source for part in parts.values()] == ["t.v"] * 4 + ["rom.v"]
    lines = TEXT.splitlines()
    for name in ("odd.name", "leaf", "bank", "top"):
        assert lines[parts[name].line].startswith("module")
        assert parts[name].text.splitlines()[0] == lines[parts[name].line]
    assert parts["bank"].files == ('"a b.hex"',)
    assert '.INIT_FILE("hawx_module_0")' in parts["bank"].neutral
    assert parts["bank"].neutral.startswith("module hawx_module(input clk, ")
    assert parts["odd.name"].neutral.startswith("module hawx_module (a, ")


def test_declarations_hold_the_ports_alone() -> None:
    parts = read_parts({"t.v": TEXT, "rom.v": ROM})
    assert parts is not None
    assert parts["leaf"].declaration == (
        "module leaf(clk , a , b , q , z );\n  input clk ;\n  input [3:0] a ;\n"
        "  input [3:0] b ;\n  output signed [8:0] q ;\n  inout z ;\nendmodule\n"
    )
    assert parts["odd.name"].declaration == (
        "module \\odd.name (a , \\b.c , y );\n  input a ;\n  input signed [7:0] \\b.c ;\n"
        "  output [3:0] y ;\nendmodule\n"
    )


def test_words_of_systemverilog_are_names() -> None:
    text = "module bit(input logic, output do); endmodule\nmodule top(input a); bit u(a); endmodule"
    parts = read_parts({"t.v": text})
    assert parts is not None
    assert parts["top"].uses == ("bit",)
    assert parts["bit"].declaration == (
        "module bit(logic , do );\n  input logic ;\n  output do ;\nendmodule\n"
    )


def test_modules_in_generated_text() -> None:
    text = """module leaf(input a); endmodule
module other(input a); endmodule
module top(input a);
  genvar i;
  generate for (i = 0; i < 3; i = i + 1) begin : g
    if (i == 0) leaf one(a); else other #(.N(i)) two(a);
  end endgenerate
endmodule
"""
    parts = read_parts({"t.v": text})
    assert parts is not None
    assert parts["top"].uses == ("leaf", "other")
    assert parts["top"].specialized == {"other"}


def test_places_are_right_after_letters_of_several_bytes() -> None:
    text = "// \u00b5m\u00b2, f\u00fcnf\nmodule part(input a); /* \u00e4 */ endmodule"
    parts = read_parts({"t.v": text})
    assert parts is not None
    assert parts["part"].text == "module part(input a); /* \u00e4 */ endmodule\n"
    assert parts["part"].neutral == "module hawx_module(input a); /* \u00e4 */ endmodule\n"
    assert parts["part"].line == 1


def test_several_memories_of_one_module() -> None:
    text = """module bank(input clk);
  hawx_rom #(.INIT_FILE ( "x.hex" ), .WIDTH(1)) a(.clk(clk));
  hawx_rom #(.WIDTH(1), .INIT_FILE("")) b(.clk(clk));
endmodule"""
    parts = read_parts({"t.v": text})
    assert parts is not None
    assert parts["bank"].files == ('"x.hex"', '""')
    assert '.INIT_FILE ( "hawx_module_0" )' in parts["bank"].neutral
    assert '.INIT_FILE("hawx_module_1")' in parts["bank"].neutral


def test_a_module_with_parameters_has_no_declaration() -> None:
    parts = read_parts({"t.v": "module m #(parameter W = 8) (input [7:0] a); endmodule"})
    assert parts is not None
    assert parts["m"].declaration is None


@pytest.mark.parametrize(
    "header",
    [
        "module m #(parameter W = 8) (input [W-1:0] a);",
        "module m(input [W-1:0] a);",
        "module m(a); input [`W-1:0] a;".replace("`", ""),
        "module m(a); wire a;",
        "module m({a, b}); input a, b;",
        "module m(.a(b)); input b;",
        "module m(input logic [1:0][3:0] a);".replace("[1:0][3:0]", "[1:0] [W:0]"),
        "module m;",
    ],
)
def test_ports_that_are_not_plain(header: str) -> None:
    parts = read_parts({"t.v": f"{header}\nendmodule\n"})
    assert parts is not None
    assert parts["m"].declaration is None


@pytest.mark.parametrize(
    "text",
    [
        "`define A 1\nmodule m(input a); endmodule",
        "module m(input a); assign b = `A; endmodule",
        "module m(input a); defparam x.y = 1; endmodule",
        "package p; endpackage module m(input a); endmodule",
        "module m(input a);",
        "module m(input a); endmodule module m(input b); endmodule",
        "module (input a); endmodule",
        "module m(input a); wire = ; endmodule",
        "module m(input a); module n; endmodule endmodule",
        "module m(input a); endmodule interface i; endinterface",
        "module m(input a); bind x y z(); endmodule",
        "primitive p(output o, input i); table 0 : 1; endtable endprimitive",
    ],
)
def test_what_is_not_taken_apart(text: str) -> None:
    assert read_parts({"t.v": text}) is None
