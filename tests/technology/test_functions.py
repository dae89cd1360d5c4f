"""Boolean functions of liberty files: precedence, constants, words, C."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.technology.functions import parse

#: Function, and what it means in Python's words.
MEANINGS = {
    "A": "A",
    "(A1 & A2)": "A1 and A2",
    "!(A+B)": "not (A or B)",
    "!A B": "(not A) and B",
    "A'B": "(not A) and B",
    "(A B)'": "not (A and B)",
    "A''": "A",
    "!A'": "A",
    "A + B * C": "A or (B and C)",
    "A | B C | D": "A or (B and C) or D",
    "A ^ B & C": "(A != B) and C",
    "A & B ^ C": "A and (B != C)",
    "A B + !A C": "(A and B) or ((not A) and C)",
    "!((A1&A2)|(B1))": "not ((A1 and A2) or B1)",
    "(A (B C'))": "A and B and not C",
    "A(B+C)": "A and (B or C)",
    "1": "True",
    "A & 0 | !1": "False",
}


@pytest.mark.parametrize("text", MEANINGS)
def test_meaning(text: str) -> None:
    function = parse(text)
    for values in itertools.product((0, 1), repeat=len(function.names)):
        state = dict(zip(function.names, values, strict=True))
        expected = eval(MEANINGS[text], {}, {k: bool(v) for k, v in state.items()})
        assert function.evaluate(state) == int(expected)


def test_words() -> None:
    ones = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
    a, b = np.random.default_rng(0).integers(0, 2**64, (2, 100), dtype=np.uint64)
    assert np.array_equal(parse("!(A ^ B)").evaluate({"A": a, "B": b}, ones), ~(a ^ b))
    assert parse("1").evaluate({}, ones) == ones
    assert parse("0").evaluate({}, ones) == 0


def test_c() -> None:
    names = {"A": "a[0]", "B": "b[0]", "1": "ONES"}
    assert parse("!A + B ^ 1").c(names) == "((~a[0]) | (b[0] ^ ONES))"


def test_names_in_order() -> None:
    assert parse("B A + !B C").names == ("B", "A", "C")


@pytest.mark.parametrize("text", ["", "A +", "(A", "A)", "A ? B", "& A", "!", "2", "A & 1B", "0A"])
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match="function must be Boolean"):
        parse(text)


@pytest.mark.parametrize("text", ["+".join("A" * 200), "(" * 301, "!" * 300 + "A"])
def test_a_function_that_would_nest_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="function must be of at most 300 words, not"):
        parse(text)
    longest = parse("+".join("A" * 150))
    assert longest.names == ("A",)
    assert longest.evaluate({"A": 1}) == 1
