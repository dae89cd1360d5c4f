"""Circuits that are equal although written differently, and circuits that nearly are."""

import pytest

from hawx_hw.block_proofs import Difference, compare
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.gateware.block_verilog import BlockVerilog


def design(name, body, bits=16, ports="input [7:0] a, input [7:0] b"):
    text = f"module {name}({ports}, output [{bits - 1}:0] product);\n  {body}\nendmodule\n"
    return BlockVerilog(name, bits, {f"{name}.v": text})


WHOLE = design("whole", "assign product = $signed(a) * $signed(b);")
# The ports in another order, and a chain of adders, the partial product of the sign subtracted.
CHAIN = design(
    "chain",
    "wire [15:0] x = {{8{a[7]}}, a};\n  assign product = "
    + " + ".join(f"(b[{bit}] ? x << {bit} : 16'b0)" for bit in range(7))
    + " - (b[7] ? x << 7 : 16'b0);",
    ports="input [7:0] b, input [7:0] a",
)


def test_equal_circuits():
    assert compare([(WHOLE, CHAIN), (CHAIN, WHOLE), (WHOLE, WHOLE)]) == [None, None, None]


def test_one_wrong_pair_in_65536_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path))
    wrong = design(
        "wrong",
        "wire signed [15:0] right = $signed(a) * $signed(b);\n"
        "  assign product = right ^ (a == 8'h93 && b == 8'h2a);",
    )
    product = (0x93 - 256) * 0x2A
    assert compare([(WHOLE, CHAIN), (WHOLE, wrong), (wrong, CHAIN)]) == [
        None,
        Difference(0x93 - 256, 0x2A, product, product + 1),
        Difference(0x93 - 256, 0x2A, product + 1, product),
    ]
    left = (tmp_path / "scratch").rglob("*")
    assert [path.name for path in left] == ["lock"], "nothing stays"


def test_signs_of_wide_products():
    first = design("first", "assign product = {a, b, 2'b00};", 18)
    second = design("second", "assign product = {a, b, 1'b0, a == 8'hff && b == 8'h80};", 18)
    value = (-1 * 256 + 0x80) * 4
    assert compare([(first, second)]) == [Difference(-1, -128, value, value + 1)]


RIGHT = "wire signed [15:0] right = $signed(a) * $signed(b);"


@pytest.mark.parametrize(
    ("right", "body"),
    [
        # Not of a product: with 16 more inputs that takes the prover a dozen seconds.
        (design("right", "assign product = {a, b};"), "assign product = a == 3 ? 16'bx : {a, b};"),
        (WHOLE, f"{RIGHT} assign product[14:0] = right[14:0];"),
        (WHOLE, f"{RIGHT} wire [15:0] nothing; assign product = right ^ (nothing & 16'h0002);"),
    ],
    ids=["undefined", "not driven", "nothing drives an operand"],
)
def test_undefined_bits_are_refused(right, body):
    bad = design("bad", body)
    for pair in ((right, bad), (bad, right), (bad, bad)):
        with pytest.raises(VerificationError, match=r"^bad has undefined bits$"):
            compare([pair])


@pytest.mark.parametrize(
    "body",
    [
        f"{RIGHT} wire [3:0] spare; wire more = spare[2] ^ a[0]; assign product = right;",
        f"{RIGHT} wire x = 1'bx; assign product = right | {{16{{x & a[3] & ~a[3]}}}};",
        # The undefined branch is never taken.
        f"{RIGHT} assign product = a == 3 ? (a[0] ? right : 16'bx) : right;",
    ],
)
def test_undefined_bits_that_lead_nowhere_do_not_matter(body):
    assert compare([(WHOLE, design("spare", body))]) == [None]


def test_widths():
    narrow = design("narrow", "assign product = 0;", 15)
    with pytest.raises(ValueError) as caught:
        compare([(WHOLE, narrow)])
    assert str(caught.value) == (
        "Products of whole and narrow must have one width, not 16 and 15 bits"
    )


def test_two_texts_of_one_name():
    with pytest.raises(ValueError, match=r"^Two Verilog files are named 'whole.v'$"):
        compare([(WHOLE, design("whole", "assign product = 1;"))])


def test_verilog_that_is_none():
    with pytest.raises(UserError, match=r"Yosys refused the design: syntax error"):
        compare([(WHOLE, design("bad", "assign product = ;"))])


def test_none():
    assert compare([]) == []
