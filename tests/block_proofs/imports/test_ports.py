"""Which port is what: by name, by what the user names, or not at all."""

from __future__ import annotations

import itertools

import pytest

from hawx_hw.block_proofs.imports.ports import DeclaredPort, Roles, find_roles, find_signedness
from hawx_hw.errors import UserError

NOTHING = {"a": None, "b": None, "product": None}


def ports(first: str, second: str, product: str = "O", signed: bool = False) -> list[DeclaredPort]:
    return [
        DeclaredPort(first, "input", 8, signed),
        DeclaredPort(second, "input", 8, signed),
        DeclaredPort(product, "output", 16, signed),
    ]


@pytest.mark.parametrize(
    ("weight", "activation"),
    [
        ("A", "B"),
        ("x", "y"),
        ("in1", "in2"),
        ("IN_A", "IN_B"),
        ("op0", "op1"),
        ("i1", "i2"),
        ("Weight", "Activation"),
        ("multiplicand", "multiplier"),
    ],
)
def test_order_is_of_no_account(weight: str, activation: str) -> None:
    for order in itertools.permutations(ports(weight, activation, "result")):
        assert find_roles(order, NOTHING, "f.v") == Roles(weight, activation, "result")


@pytest.mark.parametrize("said", [{"a": "q"}, {"b": "p"}, {"a": "q", "b": "p"}])
def test_what_the_user_says(said: dict[str, str]) -> None:
    assert find_roles(ports("p", "q"), NOTHING | said, "f.v") == Roles("q", "p", "O")
    swapped = {{"a": "b", "b": "a"}[role]: name for role, name in said.items()}
    assert find_roles(ports("p", "q"), NOTHING | swapped, "f.v") == Roles("p", "q", "O")


def test_what_the_user_says_goes_before_names() -> None:
    assert find_roles(ports("a", "b"), NOTHING | {"a": "b"}, "f.v") == Roles("b", "a", "O")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, r"not clear which .* for example with --a p --b q\.$"),
        ({"a": "r"}, r"no port 'r'\. The ports are: input p \(8 bits\); .* Correct --a\.$"),
        ({"a": "O"}, r"Port O must be an input"),
        ({"product": "p"}, r"Port p must be an output"),
        ({"a": "p", "b": "p"}, r"Port p cannot be both operands"),
    ],
)
def test_what_is_not_clear(said: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        find_roles(ports("p", "q"), NOTHING | said, "f.v")


def test_names_of_two_conventions_are_not_clear() -> None:
    with pytest.raises(UserError, match="not clear"):
        find_roles(ports("a", "y"), NOTHING, "f.v")


def test_ports_of_odd_names() -> None:
    with pytest.raises(UserError, match=r"Port 'a\[0\]' has no plain name"):
        find_roles(ports("a[0]", "b"), NOTHING, "f.v")


@pytest.mark.parametrize(
    ("module", "declared", "said", "expected"),
    [
        ("m", True, None, True),
        ("mul8s_1KV8", False, None, True),
        ("mul8u_1446", False, None, False),
        ("mul8x4u_09T", False, None, False),
        ("mul8s_1KV8", False, False, False),
        ("m", True, False, False),
        ("m", False, True, True),
    ],
)
def test_signedness(module: str, declared: bool, said: bool | None, expected: bool) -> None:
    operands = ports("a", "b", signed=declared)[:2]
    assert find_signedness(module, operands, [said, said], "f.v") == (expected, expected)


@pytest.mark.parametrize("module", ["m", "mul8sum", "simul8s_x"])
def test_signedness_that_nothing_tells(module: str) -> None:
    with pytest.raises(UserError, match=r"f\.v: It is not known .* Add --signed .* or --unsigned"):
        find_signedness(module, ports("a", "b")[:2], [None, None], "f.v")


ONE_SIGNED = [*ports("a", "b", signed=True)[:1], *ports("a", "b")[1:2]]


def test_one_signed_operand_tells_nothing() -> None:
    with pytest.raises(UserError, match=r"--unsigned, or --a-signed --b-unsigned, as the ports"):
        find_signedness("mul8s_1KV8", ONE_SIGNED, [None, None], "f.v")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((True, False), (True, False)),
        ((False, True), (False, True)),
        # The other one is declared as signed.
        ((None, False), (True, False)),
        ((None, True), (True, True)),
    ],
)
def test_operands_of_which_one_is_signed(
    said: tuple[bool | None, bool], expected: tuple[bool, bool]
) -> None:
    assert find_signedness("m", ONE_SIGNED, said, "f.v") == expected


@pytest.mark.parametrize("module", ["m", "mul8u_1446"])
def test_an_operand_that_nobody_speaks_of(module: str) -> None:
    with pytest.raises(UserError, match=r"Add --b-signed or --b-unsigned for q\.$"):
        find_signedness(module, ports("p", "q")[:2], [True, None], "f.v")
    with pytest.raises(UserError, match=r"Add --a-signed or --a-unsigned for p\.$"):
        find_signedness(module, ports("p", "q")[:2], [None, False], "f.v")
