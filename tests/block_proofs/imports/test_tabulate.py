"""Tables by simulation: all products, none of them undefined."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.errors import UserError
from hawx_hw.simulation.simulators import find_simulator
from tests.block_proofs.imports.importing import MULTIPLY, bring, needs_icarus, quickest


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
    assert np.array_equal(block.table, np.broadcast_to(1 + (CODES[:, None] & 1), (256, 256)))
    assert re.search(r"'[hb]\w*x", next(iter(block.sources.values()))) is None


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
