"""Reading of users' Verilog: a flat netlist, or an error with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.block_proofs.imports import import_verilog, reading
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.errors import UserError
from hawx_hw.technology import load
from tests.block_proofs.imports.importing import MULTIPLY, bring, quickest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mul8s_m", "other", r"mine\.v: There is no module 'mul8s_m'. The modules are: other\."),
        (
            "assign O = A * B",
            "assign\n O A * B",
            r"mine\.v:2: Expected continuous assignment\. Correct the Verilog",
        ),
        ("A * B", "part_x(A, B)", r"mine\.v:1: .*Can't resolve function name .*part_x"),
        (
            "assign O = A * B",
            "gate g(A, B, O)",
            r"mine\.v:1: Module gate is used, but is not in .* --technology",
        ),
        ("mul8s_m", "m", "It is not known whether the operands are signed. Add --signed"),
        ("[7:0] A, B", "[7:0] A, C", r"not clear which .* for example with --a A --b C"),
        (
            "[7:0] A, B",
            "[8:0] A, B",
            "Operand A must have at most 8 bits, not 9. The ports are: in",
        ),
        ("[15:0] O", "[14:0] O", "Product O must have from 16 to 24 bits .* not 15"),
        ("[7:0] A, B,", "[7:0] A, B, input clk,", "must have 2 inputs, not 3. .*input clk .1 bit"),
        ("[7:0] A, B,", "[7:0] A, B, output p,", "There are 2 outputs. .*--product PORT"),
        ("output [15:0] O", "inout [15:0] O", "Port O is an inout"),
        ("assign O = A * B", "assign O[14:0] = A * B", "Bit 15 of O is undefined or not driven"),
        ("assign O = A * B", "assign O = 16'bz", "The module uses high impedance"),
        ("assign O = A * B", "assign O = A; assign O = B", "Two drivers meet"),
        ("assign O = A * B", "wire [15:0] t; assign t = t ^ A, O = t", "Gates form a loop"),
        (
            "output [15:0] O); assign O = A * B",
            "output reg [15:0] O); always @(posedge A[0]) O <= A * B",
            "The module holds a register for O",
        ),
        (
            "output [15:0] O); assign O = A * B",
            "output reg [15:0] O); always @* if (A[0]) O = A * B",
            "The module holds a latch for O",
        ),
        (
            "output [15:0] O); assign O = A * B",
            "output reg [15:0] O); reg [15:0] t[0:255]; always @* O = t[A]",
            "The module holds a memory",
        ),
    ],
)
def test_what_is_refused(
    store: ImportStore, tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(UserError, match=message) as result:
        bring(
            store,
            tmp_path,
            MULTIPLY.replace(old, new),
            "m" if new == "m" else "mul8s_m",
            simulator=quickest(),
        )
    assert str(result.value).startswith(str(tmp_path / "mine.v"))
    assert store.names() == []


def test_files_that_cannot_be_read(store: ImportStore, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such Verilog file"):
        import_verilog(tmp_path / "none.v", "m", store=store)
    (tmp_path / "binary.v").write_bytes(b"// \n\x7fELF\x00")
    with pytest.raises(UserError, match=r"binary\.v:2: The file holds a zero byte"):
        import_verilog(tmp_path / "binary.v", "m", store=store)
    with pytest.raises(UserError, match="must be a plain word, not 'a b'"):
        import_verilog(tmp_path / "binary.v", "a b", store=store)


#: The same multiplier of 4 x 4 bits in files that tools read differently, or not at all.
ONE_FILE = """\
`timescale 1ns/1ps
`include "sub/part.vh"
// \xb5m\xb2
module m(bit, do, byte);
  parameter N = 2;
  input [N-1:0] bit, do; output [2*N-1:0] byte;
  wire [N-1:0] #3 int;
  assign #(1:2:3) int = bit;
  part #(.N(N)) logic(.x(int), .y(do), .z(byte));
endmodule
module bench; initial $display("no part of it"); endmodule
"""
PART = """\
`resetall
`celldefine
module part #(parameter N = 1)(input [N-1:0] x, y, output reg [2*N-1:0] z);
  specify if (x[0]) (x *> z) = 0.2; ifnone (x *> z) = (0.1, 0.2); endspecify
  (* full_case *) always @(x or y) z = #0.1 x * y; // verilator lint_off WIDTH
endmodule
`endcelldefine
"""
SYSTEMVERILOG = """\
module m(input logic [3:0] bit_a, b, output logic [7:0] p);
  typedef logic [7:0] product_t;
  function automatic product_t multiply(input logic [3:0] x, y);
    return product_t'(x) * y;
  endfunction
  always_comb p = multiply(bit_a, b);
endmodule
"""
ROLES = {"a": "bit", "b": "do", "product": "byte"}


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({"mine.v": ONE_FILE, "sub/part.vh": PART}, {"parameters": {"N": "4"}, **ROLES}),
        ({"mine.sv": SYSTEMVERILOG}, {"a": "bit_a"}),
        (
            {"part.v": PART, "mine.v": ONE_FILE.replace('`include "sub/part.vh"', "")},
            {"parameters": {"N": "3'd4"}, **ROLES},
        ),
    ],
)
def test_forms_of_one_multiplier(
    store: ImportStore, tmp_path: Path, files: dict[str, str], options: dict[str, Any]
) -> None:
    (tmp_path / "sub").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    paths = [tmp_path / name for name in files if not name.endswith("h")]
    block = import_verilog(
        paths, "m", store=store, signed=False, simulator=quickest(), **options
    ).block
    codes = np.arange(16)
    assert np.array_equal(block.circuit.table, codes[:, None] * codes)
    # A port that is named as a keyword of SystemVerilog gets another name.
    renamed = "bit_" if "b" in options else "bit_a"
    assert block.circuit.a.name == renamed


def test_operations_without_a_sign_on_operands_with_one(store: ImportStore, tmp_path: Path) -> None:
    # What Yosys writes of it is read as if both were multiplied with their signs.
    text = """\
module m(input signed [1:0] a, b, output signed [3:0] p);
  assign p = a * b + {3'b0, a[0]};
endmodule
"""
    block = bring(store, tmp_path, text, "m", simulator=quickest()).block
    patterns = np.arange(4)
    products = patterns[:, None] * patterns + (patterns[:, None] & 1)
    assert np.array_equal(block.circuit.table & 15, products & 15)
    assert " signed " not in block.circuit.netlist


def test_operations_with_a_sign_stay_as_they_are(store: ImportStore, tmp_path: Path) -> None:
    text = MULTIPLY.replace("input", "input signed").replace("output", "output signed")
    netlist = bring(store, tmp_path, text, "mul8s_m", simulator=quickest()).block.circuit.netlist
    assert "input signed [7:0] A;" in netlist


def test_nothing_of_the_file_is_executed(store: ImportStore, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    for text in (
        f'initial $system("touch {victim}");',
        f'`ifdef VERILATOR\n initial $c("system(\\"touch {victim}\\");");\n`endif',
    ):
        with pytest.raises(UserError, match=r"mine\.v:1: .*(refused|depends|hides)"):
            bring(store, tmp_path, MULTIPLY.replace("assign", f"{text}\nassign"), "mul8s_m")
    assert not victim.exists()
    assert store.names() == []


def test_errors_of_yosys_name_the_users_lines(store: ImportStore, tmp_path: Path) -> None:
    (tmp_path / "part.vh").write_text("\n\nwire [15:0] t = unknown(A);\n")
    text = MULTIPLY.replace("assign O", '\n`include "part.vh"\nassign O')
    with pytest.raises(UserError, match=r"/part\.vh:3: .*unknown") as result:
        bring(store, tmp_path, text, "mul8s_m")
    assert "source.v" not in str(result.value)


def test_a_module_s_name_is_a_plain_word(store: ImportStore, tmp_path: Path) -> None:
    (tmp_path / "mine.v").write_text("module \\a;b ; endmodule\n")
    with pytest.raises(UserError, match="must be a plain word, not 'a;b'"):
        import_verilog(tmp_path / "mine.v", "a;b", store=store)


def test_cells_of_a_library_with_verilog_of_their_own(store: ImportStore, tmp_path: Path) -> None:
    technology = load("generic45")
    text = """\
primitive two(q, a, b); output q; input a, b; table 0 ? : 0; ? 0 : 0; 1 1 : 1; endtable endprimitive
module AND2(output ZN, input A1, A2); two u(ZN, A1, A2); endmodule
module m(input a, b, output [1:0] p); assign p[1] = 1'b0;
 AND2 u(.ZN(p[0]), .A1(a), .A2(b)); endmodule
"""
    with pytest.raises(UserError, match=r"mine\.v:2: two is a primitive .* --technology"):
        bring(store, tmp_path, text, "m", signed=False)
    block = bring(
        store, tmp_path, text, "m", signed=False, technology=technology, simulator=quickest()
    ).block
    assert block.circuit.table.tolist() == [[0, 0], [0, 1]]
    with pytest.raises(UserError, match=r"mine\.v:4: Yosys refuses it: .* port named .A3"):
        bring(store, tmp_path, text.replace(".A2(b)", ".A3(b)"), "m", technology=technology)


def test_a_module_that_is_too_large(
    store: ImportStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MEMORY", 200 << 20)
    with pytest.raises(UserError, match=r"mine\.v: Yosys .* may make the module too large"):
        bring(store, tmp_path, MULTIPLY, "mul8s_m")
