"""Tables by simulation: all products, none of them undefined."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.block_proofs import UndefinedProducts
from hawx_hw.block_proofs.imports import tabulate
from hawx_hw.block_proofs.imports.reading import Reading, read_verilog
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.simulation.simulators import Simulator, find_simulator
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
def test_undefined_products_of_narrow_unsigned_operands(store: ImportStore, tmp_path: Path) -> None:
    text = "module mul3u_m(input [2:0] A, input [3:0] B, output [6:0] O); assign O = B / A[2];"
    with pytest.raises(UserError, match="for A = 0, 1, 2 and 3, whatever B is") as raised:
        bring(store, tmp_path, f"{text} endmodule", "mul3u_m", simulator=quickest())
    assert str(raised.value).startswith(f"{tmp_path / 'mine.v'}:1: module mul3u_m: The product O")
    assert store.names() == []


PATTERN = np.arange(256)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        # Indexed by the bit patterns of A and B.
        (PATTERN[None, :] == 0, r"The product O is undefined for B = 0, whatever A is\. Assign a"),
        (PATTERN[:, None] >= 252, "for A = -4, -3, -2 and -1, whatever B is"),
        (PATTERN[None, :] % 16 == 0, "for B = 0, 16, 32, 48 and 12 more, whatever A is"),
        (PATTERN[:, None] == PATTERN, "for A = 0, B = 0 and 255 other pairs of operands"),
        ((PATTERN[:, None] == 128) & (PATTERN == 255), r"for A = -128, B = -1\."),
        (PATTERN >= 0, "is undefined for all operands"),
    ],
)
def test_operands_of_undefined_products(
    monkeypatch: pytest.MonkeyPatch, reading: Reading, pairs: np.ndarray, message: str
) -> None:
    pairs = np.roll(np.broadcast_to(pairs, (256, 256)), 128, axis=(0, 1))
    monkeypatch.setattr(tabulate, "product_tables", fake(icarus=UndefinedProducts("m", pairs)))
    with pytest.raises(UserError, match=message):
        tabulate.tabulate(reading, BOTH[1:], [True, True])


@needs_icarus
def test_a_division_that_is_always_defined(store: ImportStore, tmp_path: Path) -> None:
    text = MULTIPLY.replace("A * B", "A / (B | 8'h80)")
    block = bring(store, tmp_path, text, "mul8s_m", simulator=quickest()).block
    a, b = CODES[:, None] & 255, CODES & 255
    assert np.array_equal(block.table, a // (b | 128))


def test_undefined_products_without_icarus(
    store: ImportStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verilator = find_simulator("verilator")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(UserError, match=r"bits that are undefined .* apt-get install iverilog"):
        bring(store, tmp_path, MULTIPLY.replace("*", "/"), "mul8s_m", simulator=verilator)


def fake(**tables: np.ndarray | Exception) -> Callable[..., np.ndarray]:
    """Instead of simulations: the tables of source and netlist by simulator, or an error."""

    def product_tables(designs: object, *, simulator: Simulator) -> np.ndarray:
        result = tables[simulator.name]
        if isinstance(result, Exception):
            raise result
        return result

    return product_tables


PRODUCTS = np.array(np.broadcast_to(CODES[:, None] * CODES, (2, 256, 256)))
BOTH = [Simulator(name, "1", Path(name)) for name in ("verilator", "icarus")]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    path = tmp_path_factory.mktemp("reading") / "mine.v"
    path.write_text(MULTIPLY)
    return read_verilog([path], "mul8s_m", {"a": None, "b": None, "product": None})


def changed(number: int) -> np.ndarray:
    """One product of the source (0) or the netlist (1) is wrong: that of A = 0x83, B = 0x02."""
    products = PRODUCTS.copy()
    products[number, 3, 130] += 1
    return products


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"verilator": changed(1), "icarus": PRODUCTS}, "verilator finds -250, and for what Yosys"),
        ({"verilator": PRODUCTS, "icarus": changed(0)}, "icarus finds -249, and for what Yosys"),
        (
            {"verilator": PRODUCTS, "icarus": changed(0)[[0, 0]]},
            "verilator finds -250, and icarus finds -249",
        ),
    ],
)
def test_all_simulators_must_agree(
    monkeypatch: pytest.MonkeyPatch,
    reading: Reading,
    tables: dict[str, np.ndarray],
    message: str,
) -> None:
    monkeypatch.setattr(tabulate, "product_tables", fake(**tables))
    with pytest.raises(VerificationError, match=f"for A = 0x83, B = 0x02 {message}"):
        tabulate.tabulate(reading, BOTH, [True, True])


def test_a_simulator_that_does_not_accept_the_source(
    monkeypatch: pytest.MonkeyPatch, reading: Reading
) -> None:
    tables = {"verilator": PRODUCTS, "icarus": VerificationError("Icarus Verilog fails: no.")}
    monkeypatch.setattr(tabulate, "product_tables", fake(**tables))
    result = tabulate.tabulate(reading, BOTH, [True, True])
    assert result.simulators == ("verilator",)
    assert result.warnings == ("Compared in verilator alone: Icarus Verilog fails: no.",)
    # It alone shows what is undefined.
    with pytest.raises(UserError, match=r"mine\.v:1: module mul8s_m: Icarus Verilog fails: no"):
        tabulate.tabulate(replace(reading, undefined=True), BOTH, [True, True])
    monkeypatch.setattr(
        tabulate,
        "product_tables",
        fake(verilator=VerificationError("Neither."), icarus=VerificationError("Nor.")),
    )
    with pytest.raises(UserError, match="mul8s_m: Neither"):
        tabulate.tabulate(reading, BOTH, [True, True])


@needs_icarus
def test_source_and_netlist_agree_in_every_simulator(store: ImportStore, tmp_path: Path) -> None:
    result = bring(store, tmp_path, MULTIPLY, "mul8s_m", signed=False)
    assert result.simulators == ("verilator", "icarus")
    assert result.warnings == ()


def test_errors_of_a_simulator_name_the_users_lines(
    store: ImportStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(designs: object, simulator: object) -> None:
        raise VerificationError("Verilator failed:\n%Error: source.v:3:5: odd\nsource.v:1: cause")

    monkeypatch.setattr(tabulate, "product_tables", refuse)
    with pytest.raises(UserError, match=r"%Error: \S*mine\.v:3: odd\n\S*mine\.v:1: cause"):
        bring(store, tmp_path, MULTIPLY.replace("assign", "\n\nassign"), "mul8s_m")
