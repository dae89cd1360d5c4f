"""Import of Verilog multipliers: the right table, or an error with what to do."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.errors import UserError
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.synthesis import synthesize
from hawx_hw.technology import load
from tests.block_proofs.imports.importing import bring, quickest

A = CODES[:, None].astype(np.int32)
B = CODES[None, :].astype(np.int32)
#: a - 3 b + 7: operands that are swapped show. Products are whatever the circuit puts out.
SKEW = """\
module {name}(B, A, O);
  input [7:0] A;
  input [7:0] B;
  output [15:0] O;
  wire signed [7:0] x, y;
  assign x = A;
  assign y = B;
  part p(.u(x), .v(y), .w(O));
endmodule
module part(input signed [7:0] u, v, output reg signed [15:0] w);
  always @* case (u)
    0: w = 0;
    default: w = u * 4 - v * 3 + 7;
  endcase
endmodule
"""


def test_ports_by_name_not_by_order(store: ImportStore, tmp_path: Path) -> None:
    text = SKEW.format(name="mul8s_X")
    result = bring(store, tmp_path, text, "mul8s_X", simulator=quickest())
    block = result.block
    expected = np.where(A == 0, 0, 4 * A - 3 * B + 7)
    assert np.array_equal(block.table, expected)
    assert block.name == "import:mul8s_X"
    assert (block.weights, block.activations) == (range(-128, 128), range(-128, 128))
    assert store.load("mul8s_X").digest == block.digest
    assert store.load(block.circuit.digest[:8]).digest == block.digest
    # One module, whose name no other import has.
    ((name, text),) = block.sources.items()
    assert name == f"{block.circuit.module}.v"
    assert text.count("endmodule") == 1
    assert f"module {block.circuit.module}(B, A, O);" in text


def test_roles_that_the_user_names(store: ImportStore, tmp_path: Path) -> None:
    text = """\
module odd(input signed [7:0] p, input signed [7:0] q, output parity, output signed [15:0] r);
  assign r = p * 4 - q;
  assign parity = ^r;
endmodule
"""
    result = bring(store, tmp_path, text, "odd", b="p", product="r", simulator=quickest())
    assert np.array_equal(result.block.table, 4 * B - A)
    assert "parity" not in next(iter(result.block.sources.values()))


def test_unsigned_operands_of_fewer_bits(store: ImportStore, tmp_path: Path) -> None:
    text = """\
module mul8x4u_Y(input [3:0] B, input [7:0] A, output [11:0] O);
  assign O = (A & ~1) * B + 1;
endmodule
"""
    block = bring(store, tmp_path, text, "mul8x4u_Y", simulator=quickest()).block
    assert block.activation_offset == 128
    assert (block.weights, block.activations) == (range(-128, 128), range(-128, -112))
    activation = (B + 128) & 15
    product = ((np.abs(A) & ~1) * activation + 1) & 0xFFF
    assert np.array_equal(block.raw_table, np.where(A < 0, -product, product))


def test_netlist_of_a_library_s_cells(store: ImportStore, tmp_path: Path) -> None:
    block = by_name("array(1,0,4)")
    (design,) = implementation_verilog([(block, block.implementations[-1])])
    technology = load("generic45")
    sources = design.write(tmp_path)
    netlist = synthesize(sources, design.top, technology, workdir=tmp_path / "synth").netlist
    text = netlist.read_text()
    for old, new in (("a", "weight"), ("b", "other"), ("product", "out")):
        text = re.sub(rf"\b{old}\b", new, text)
    assert "XOR2" in text
    with pytest.raises(UserError, match=r"mine\.v:\d+: Module XOR2 is used, but .* --technology"):
        bring(store, tmp_path, text, design.top, signed=True, b="other")
    result = bring(
        store,
        tmp_path,
        text,
        design.top,
        signed=True,
        b="other",
        technology=technology,
        name="mine",
    )
    assert result.warnings == ()
    assert np.array_equal(result.block.table, block.table)
    assert "XOR2" not in next(iter(result.block.sources.values()))


@pytest.mark.parametrize("flags", [{"b_signed": False}, {"signed": True, "b_signed": False}])
def test_a_signed_weight_and_unsigned_activations(
    store: ImportStore, tmp_path: Path, flags: dict[str, bool]
) -> None:
    text = """\
module mixed(input signed [7:0] A, input [7:0] B, output signed [15:0] O);
  wire signed [15:0] wide = {8'b0, B};
  assign O = A * wide;
endmodule
"""
    result = bring(store, tmp_path, text, "mixed", simulator=quickest(), **flags)
    assert result.warnings == ()
    assert result.block.activation_offset == 128
    assert np.array_equal(result.block.table, A * B)
    loaded = store.load("mixed")
    assert np.array_equal(loaded.raw_table, A * (B + 128))


def test_an_unsigned_weight_and_signed_activations(store: ImportStore, tmp_path: Path) -> None:
    text = """\
module mixed(input [3:0] A, input signed [7:0] B, output signed [11:0] O);
  wire signed [11:0] wide = {8'b0, A};
  assign O = wide * B - 1;
endmodule
"""
    options = {"a_signed": False, "simulator": quickest()}
    block = bring(store, tmp_path, text, "mixed", **options).block
    assert (block.weights, block.activations) == (range(-15, 16), range(-128, 128))
    codes = np.arange(-15, 16)[:, None]
    expected = np.where(codes < 0, -1, 1) * (np.abs(codes) * B - 1)
    assert np.array_equal(block.table[128 - 15 : 128 + 16], expected)
