# amaranth: UnusedElaboratable=no
"""What a user's block states: read once, and refused where it breaks the contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module

from hawx_hw.blocks.block import CODES, Block, BlockComponent
from hawx_hw.blocks.user.python_block import PythonBlock
from hawx_hw.blocks.user.python_contract import check_gateware, read_statements
from hawx_hw.errors import UserError

EXACT = np.array(CODES[:, None] * CODES, dtype=np.int32)
U = CODES[:, None].copy()


class Plain(BlockComponent):
    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.product.eq(self.a * self.b)
        return m


class Raising:
    """A member that cannot be read."""

    def __get__(self, block: Any, kind: type) -> Any:
        if block is None:
            return self
        raise SystemExit(0)


def block(**members: Any) -> Block:
    """An exact block with other members."""
    own = {
        "family": "mine",
        "implementations": ("plain",),
        "multiply": lambda self, a, b: np.multiply(a, b, dtype=np.int32),
        "component": lambda self, implementation=None: Plain(16),
    }
    return type("Mine", (Block,), own | members)()


def test_statements_are_read_once() -> None:
    u = U.astype(np.int64)
    mine = block(
        weights=range(128),
        activation_step=np.int64(4),
        sources={"part.v": "module part; endmodule\n"},
        factors=lambda self: [u, U],
    )
    statements = read_statements("n", mine)
    u[:] = 0
    assert statements.weights == range(128)
    assert statements.activations == range(-128, 128)
    assert (statements.weight_step, statements.activation_step) == (1, 4)
    assert statements.sources == {"part.v": "module part; endmodule\n"}
    assert np.array_equal(statements.table, EXACT)
    assert statements.factors is not None
    assert [factor.dtype for factor in statements.factors] == [np.int32, np.int32]
    assert np.array_equal(statements.factors[0], U)
    loaded = PythonBlock("n", mine, statements)
    assert np.array_equal(loaded.multiply(np.int8(-128), CODES), -128 * CODES)
    loaded.factors()[0][:] = 0
    assert loaded.factors()[0].any()


@pytest.mark.parametrize("value", [3, (), (U,), (U, U, U), "ab", {"u": U}])
def test_factors_that_are_no_pair(value: Any) -> None:
    with pytest.raises(UserError, match=r"^n: factors\(\) must be two arrays .*, or None, not"):
        read_statements("n", block(factors=lambda self: value))


@pytest.mark.parametrize(
    ("u", "v", "message"),
    [
        (U, U.tolist(), "not of list"),
        (U, U.astype(float), "not of float64"),
        (U, U.astype(bool), "not of bool"),
        (U, U.astype(object), "not of object"),
        (U, None, "not of NoneType"),
        (CODES, CODES, r"not \(256,\) and \(256,\)"),
        (U, np.hstack([U, U]), r"not \(256, 1\) and \(256, 2\)"),
        (U[:128], U[:128], r"not \(128, 1\) and \(128, 1\)"),
        (U[:, :0], U[:, :0], r"not \(256, 0\)"),
        (U.astype(np.int64) << 32, U, "fit 32 bits, not reach from -549755813888 to 545"),
        (U.astype(np.uint64), U, "fit 32 bits, not reach from 0 to 18446744073709551615"),
        (U, U + 1, r"must multiply to the table, and do not\. Compare"),
    ],
)
def test_factors_of_another_form(u: Any, v: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_statements("n", block(factors=lambda self: (u, v)))


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("implementations", [], r"must be a tuple of names, not \[\]"),
        ("implementations", (), r"not \(\)"),
        ("implementations", None, "not None"),
        ("implementations", ("a", "a"), "occurs once"),
        ("implementations", ("a b",), "not .'a b'"),
        ("implementations", ("",), "word of letters"),
        ("implementations", ("x;touch y",), "word of letters"),
        ("implementations", ("é",), "word of letters"),
        ("implementations", (3,), "word of letters"),
        ("sources", ["part.v"], "must be a mapping of file names"),
        ("sources", {"../part.v": ""}, r"must be named as NAME.v, not '../part.v'"),
        ("sources", {"/part.v": ""}, "without a folder"),
        ("sources", {"filelist.f": ""}, "must be named as NAME.v"),
        ("sources", {"hawx_accelerator.v": ""}, "does not begin with hawx_"),
        ("sources", {3: ""}, "not 3"),
        ("sources", {"part.v": b""}, r"sources\['part.v'\] must be the text of the file, not b''"),
        ("weights", range(5, 3), r"weights must be a range of codes, not range\(5, 3\)"),
        ("weights", range(0, 9, 2), "must be a range of codes"),
        ("weights", range(1 << 20_000), "must end at 127, not a value of type int"),
        ("activations", None, "activations must be a range of codes, not None"),
        ("activation_offset", True, "must be 0 or 128, not True"),
        ("activation_offset", 128.0, r"not 128\.0"),
        ("weight_step", np.array([1, 2]), r"must be a power of two up to 128, not array"),
        ("weight_step", [10**5000], "not a value of type list"),
        ("activation_step", 256, "not 256"),
        *(
            (member, Raising(), f"{member} cannot be read: SystemExit: 0.*Remove the call")
            for member in (
                *("weights", "activations", "activation_offset", "weight_step"),
                *("activation_step", "implementations", "sources"),
            )
        ),
        ("factors", Raising(), r"factors\(\) fails: SystemExit"),
        ("multiply", Raising(), r"multiply\(\) fails: SystemExit"),
    ],
)
def test_statements_that_are_refused(member: str, value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        read_statements("n", block(**{member: value}))
    assert str(raised.value).startswith("n: ")


def test_products_that_change() -> None:
    calls = []

    def multiply(self: Block, a: Any, b: Any) -> np.ndarray:
        calls.append(1)
        return EXACT + np.int32(len(calls))

    with pytest.raises(UserError, match=r"multiply\(\) must be the same each time.*random"):
        read_statements("n", block(multiply=multiply))


def test_an_array_that_is_written_again() -> None:
    own = EXACT.copy()
    statements = read_statements("n", block(multiply=lambda self, a, b: own))
    own[:] = 0
    assert np.array_equal(statements.table, EXACT)
    assert not statements.table.flags.writeable


class Breaking(BlockComponent):
    def elaborate(self, platform: Any) -> Module:
        raise SystemExit(0)


class Unfinished(BlockComponent):
    """Its constructor does not call that of its base."""

    def __init__(self) -> None:
        pass


@pytest.mark.parametrize("kind", ["component", "specification"])
@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda: 3, "must be .*a BlockComponent with a product of 16 bits"),
        (lambda: Plain(15), "must be .*a BlockComponent with a product of 16 bits"),
        (lambda: Plain, "must be .*a BlockComponent"),
        (lambda: Breaking(16), "cannot be elaborated: SystemExit: 0"),
        (Unfinished, "cannot be elaborated: .*Error"),
        (lambda: exit(0), "fails: SystemExit: 0"),
    ],
)
def test_gateware_that_is_refused(kind: str, result: Any, message: str) -> None:
    mine = block(**{kind: lambda self, implementation=None: result()})
    loaded = PythonBlock("n", mine, read_statements("n", mine))
    argument = "'plain'" if kind == "component" else ""
    with pytest.raises(UserError, match=rf"^n: {kind}\({argument}\) {message}"):
        check_gateware(loaded)


def test_gateware_that_satisfies_the_contract() -> None:
    mine = block(specification=lambda self: Plain(16))
    loaded = PythonBlock("n", mine, read_statements("n", mine))
    check_gateware(loaded)
    assert isinstance(loaded.specification(), Plain)
