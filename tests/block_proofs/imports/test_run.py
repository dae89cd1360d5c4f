"""Import of Verilog multipliers: the right table, or an error with what to do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.block_proofs.imports import Import, import_verilog
from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.errors import UserError
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.simulation.simulators import Simulator, find_simulator
from hawx_hw.synthesis import synthesize
from hawx_hw.technology import load

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


needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="only Icarus has undefined bits"
)


def quickest() -> Simulator:
    """Icarus where there is one: it compiles in no time."""
    return find_simulator("icarus" if shutil.which("iverilog") else "verilator")


@pytest.fixture
def store(tmp_path: Path) -> ImportStore:
    return ImportStore(tmp_path / "store")


def bring(store: ImportStore, folder: Path, text: str, module: str, **options) -> Import:
    path = folder / "mine.v"
    path.write_text(text)
    return import_verilog(path, module, store=store, **options)


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


def test_reading_that_is_doubtful(store: ImportStore, tmp_path: Path) -> None:
    text = "module m(input [7:0] A, B, output [15:0] O); assign O = A * B; endmodule\n"
    result = bring(store, tmp_path, text, "m", signed=True, simulator=quickest())
    (warning,) = result.warnings
    assert "0.0 if it were unsigned" in warning
    assert "--unsigned --replace" in warning
    right = bring(store, tmp_path, text, "m", signed=False, replace=True, simulator=quickest())
    assert right.warnings == ()
    assert np.array_equal(right.block.table, A * B)


@needs_icarus
def test_undefined_bits_that_do_not_matter(store: ImportStore, tmp_path: Path) -> None:
    text = """\
module mul8s_Z(input [7:0] A, B, output reg [15:0] O);
  reg [1:0] kind;
  always @* begin
    kind = {1'b0, A[0]};
    case (kind)
      0: O = 1;
      1: O = 2;
      default: O = 16'bx;
    endcase
  end
endmodule
"""
    # Verilator puts random values in the place of undefined ones.
    block = bring(store, tmp_path, text, "mul8s_Z", simulator=find_simulator("verilator")).block
    assert np.array_equal(block.table, np.broadcast_to(1 + (A & 1), (256, 256)))
    assert re.search(r"'[hb]\w*x", next(iter(block.sources.values()))) is None


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
    with pytest.raises(UserError, match=r"not part of the design. .* say which with --technology"):
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


MULTIPLY = "module mul8s_m(input [7:0] A, B, output [15:0] O); assign O = A * B; endmodule\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mul8s_m", "other", r"mine\.v: There is no module 'mul8s_m'. The modules are: other\."),
        (
            "assign O = A * B",
            "assign\n O A * B",
            r"mine\.v:2: Yosys refuses it: syntax error, unexpected TOK_ID",
        ),
        ("A * B", "part_x(A, B)", r"mine\.v:1: .*Can't resolve function name .*part_x"),
        ("assign O = A * B", "gate g(A, B, O)", "Module `.gate' referenced in module"),
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


@needs_icarus
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("A * B", "A / B", "The product of mul8s_m is undefined for a = -128, b = 0"),
        (
            "output [15:0] O); assign O = A * B",
            "output reg [15:0] O); always @* if (A == 7) O = 16'bx; else O = 0",
            "The product of mul8s_m is undefined for a = 7, b = -128",
        ),
    ],
)
def test_undefined_products(
    store: ImportStore, tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        bring(store, tmp_path, MULTIPLY.replace(old, new), "mul8s_m", simulator=quickest())


def test_undefined_products_without_icarus(
    store: ImportStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verilator = find_simulator("verilator")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(UserError, match=r"bits that are undefined .* apt-get install iverilog"):
        bring(store, tmp_path, MULTIPLY.replace("*", "/"), "mul8s_m", simulator=verilator)


def test_files_that_cannot_be_read(store: ImportStore, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such Verilog file"):
        import_verilog(tmp_path / "none.v", "m", store=store)
    (tmp_path / "binary.v").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"binary\.v: The file cannot be read"):
        import_verilog(tmp_path / "binary.v", "m", store=store)
    with pytest.raises(UserError, match="must be a plain word, not 'a b'"):
        import_verilog(tmp_path / "binary.v", "a b", store=store)
