"""Reading of users' Verilog: a flat netlist, or an error with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.block_proofs.imports import import_verilog
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.errors import UserError
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
