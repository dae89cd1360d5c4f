"""Lines and tokens of assembly."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.simt.source import Line, Token, hint_of, lines_of, number
from hawx_hw.errors import UserError


def texts(line: Line) -> tuple[str | None, str | None, list[list[str]]]:
    label = line.label.text if line.label else None
    head = line.head.text if line.head else None
    return label, head, [[token.text for token in part] for part in line.parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ADD s1, s2 ,s3 ; sum", (None, "ADD", [["s1"], ["s2"], ["s3"]])),
        ("loop:  MAC.z v0, s4, dot, sel=2 @!p1",
         ("loop", "MAC.z", [["v0"], ["s4"], ["dot"], ["sel=2", "@!p1"]])),
        ("end:", ("end", None, [])),
        ("end: ; nothing", ("end", None, [])),
        (".unit lanes=8 groups=1,2 warps=2",
         (None, ".unit", [["lanes=8", "groups=1,2", "warps=2"]])),
        (".selection 0-3=array(ha=1,hb=0,v=4) 4=drum(3)",
         (None, ".selection", [["0-3=array(ha=1,hb=0,v=4)", "4=drum(3)"]])),
        ('.weights "my weights.npy"', (None, ".weights", [['"my weights.npy"']])),
        (".weight -1,2, 0x7f", (None, ".weight", [["-1"], ["2"], ["0x7f"]])),
    ],
)  # fmt: skip
def test_lines(text: str, expected: object) -> None:
    assert texts(*lines_of(text, "x.s")) == expected


def test_empty_lines_and_comments_are_passed_over() -> None:
    assert list(lines_of("\n  ; comment\n\t\n", "x.s")) == []


def test_tokens_have_places() -> None:
    line = next(lines_of("\n  ADD s1, s2", "x.s"))
    assert line.head is not None
    assert line.head.where == "x.s:2:3"
    assert [token.where for token in line.tokens] == ["x.s:2:7", "x.s:2:11"]
    assert line.tokens[0].after(1).where == "x.s:2:8"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ADD s1,, s2", "x.s:1:8: There is nothing before this comma. Remove it."),
        ("ADD s1, s2,", "x.s:1:11: There is nothing after this comma. Remove it."),
        ("ADD (s1", "x.s:1:5: '(' has no place here. Remove it."),
        ('.weights "a', "x.s:1:10: '\"' has no place here. Remove it."),
    ],
)
def test_what_is_no_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        list(lines_of(text, "x.s"))
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("-12", -12), ("+7", 7), ("0x1F", 31), ("-0b11", -3), ("010", 10)]
)
def test_numbers(text: str, value: int) -> None:
    assert number(Token(text, "x.s", 1, 1), range(-20, 40)) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s1", "x.s:3:4: 's1' is no number. Write one in [-1, 4]."),
        ("1" * 50, "is no number"),
        ("\u0663", "is no number"),
        ("1_0", "is no number"),
        ("5", "x.s:3:4: Beats must be in [-1, 4], not 5"),
    ],
)
def test_other_numbers_are_refused(text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        number(Token(text, "x.s", 3, 4), range(-1, 5), "Beats")
    assert message in str(error.value)


def test_hints() -> None:
    assert hint_of("MACZ", ["MAC", "NOP"]) == "Write MAC?"
    assert hint_of("qqq", ["a1", "b2"]) == "It must be one of a1, b2."
    assert hint_of("qqq", []) == "There are none."
