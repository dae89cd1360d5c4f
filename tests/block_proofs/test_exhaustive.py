"""Verilog that is known to be right, wrong or undefined, in both simulators."""

import shutil

import numpy as np
import pytest

from hawx_hw.block_proofs import product_tables
from hawx_hw.blocks.block import CODES
from hawx_hw.errors import VerificationError
from hawx_hw.gateware.block_verilog import BlockVerilog
from hawx_hw.simulation.simulators import find_simulator

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="no Icarus Verilog")


def design(name, body, bits=16):
    ports = f"input [7:0] b, output [{bits - 1}:0] product, input [7:0] a"
    return BlockVerilog(
        name, bits, {f"{name}.v": f"module {name}({ports});\n  {body}\nendmodule\n"}
    )


DESIGNS = [
    design("whole", "assign product = $signed(a) * $signed(b);"),
    # More than 16 bits, and no symmetry between the operands.
    design("wide", "assign product = {a, b, 5'b10110};", 21),
    design("crooked", "assign product = a == 8'h80 && b == 8'h7f ? 16'h8000 : {8'b0, b};"),
    design("nothing", "assign product = 0;"),
]
A, B = CODES[:, None], CODES[None, :]


def expected():
    unsigned = B & 255
    crooked = np.broadcast_to(unsigned, (256, 256)).copy()
    crooked[0, 255] = -32768
    # The top bit of a is that of the 21 bits.
    wide = A * 8192 + unsigned * 32 + 0b10110
    return np.stack([A * B, wide, crooked, 0 * A * B])


@pytest.mark.parametrize("count", [1, 4])
def test_verilator(count, own_cache):
    tables = product_tables(DESIGNS[:count], simulator=find_simulator("verilator"))
    assert tables.dtype == np.int32
    np.testing.assert_array_equal(tables, expected()[:count])
    left = (own_cache / "scratch").rglob("*")
    assert [path.name for path in left] == ["lock"], "nothing stays"


@needs_icarus
def test_icarus():
    simulator = find_simulator("icarus")
    np.testing.assert_array_equal(product_tables(DESIGNS, simulator=simulator), expected())
    np.testing.assert_array_equal(
        product_tables(DESIGNS[1:2], simulator=simulator)[0], expected()[1]
    )


@needs_icarus
@pytest.mark.parametrize("value", ["x", "z"])
def test_icarus_tells_an_undefined_product(value):
    bad = design("bad", f"assign product = a == 3 && b == 8'hfe ? 16'b{value} : 16'b0;")
    with pytest.raises(VerificationError) as caught:
        product_tables([DESIGNS[0], bad], simulator=find_simulator("icarus"))
    assert str(caught.value) == "The product of bad is undefined for a = 3, b = -2"


def test_undefined_bits_do_not_pass_as_zeros_in_verilator():
    bad = design("bad", "assign product = a == 3 ? 16'bx : 16'b0;")
    (table,) = product_tables([bad], simulator=find_simulator("verilator"))
    assert table[3 + 128].any()


@pytest.mark.parametrize(
    ("name", "who"),
    [("verilator", "Verilator"), pytest.param("icarus", "Icarus Verilog", marks=needs_icarus)],
)
def test_verilog_that_is_none(name, who):
    bad = design("bad", "assign product = ;")
    with pytest.raises(VerificationError, match=f"^{who} failed:\n") as caught:
        product_tables([bad], simulator=find_simulator(name))
    # No other file.
    assert "bad.v:2" in str(caught.value).split("/")[0]


def test_two_texts_of_one_name():
    with pytest.raises(ValueError, match=r"^Two Verilog files are named 'whole.v'$"):
        product_tables([DESIGNS[0], design("whole", "assign product = 1;")])


def test_none():
    assert product_tables([]).shape == (0, 256, 256)
