"""The groups of a liberty file: nesting, attributes of both kinds, comments, skipped groups."""

from __future__ import annotations

import pytest

from hawx_hw.technology.liberty_groups import Group, LibertyError, parse


def library(text: str) -> Group:
    (group,) = parse(f"library (l) {{ {text} }}").groups
    return group


def test_groups_nest_and_keep_their_arguments() -> None:
    made = library('cell (A) { pin ("x") { } pin (y) { } } cell (B) { }')
    assert (made.kind, made.arguments) == ("library", ["l"])
    assert [cell.arguments for cell in made.children("cell")] == [["A"], ["B"]]
    first, second = made.groups
    assert [pin.arguments for pin in first.children("pin")] == [["x"], ["y"]]
    assert second.groups == []


def test_both_kinds_of_attributes() -> None:
    made = library('area : 2.5; unit (1, "ff"); function : "A & B"; empty : ; flag : true;')
    assert made.number("area") == 2.5
    assert made.attributes["unit"].values == ["1", "ff"]
    assert made.text("function") == "A & B"
    assert made.text("missing", "default") == "default"
    assert made.number("missing", 7.0) == 7.0


def test_the_last_attribute_of_a_group_needs_no_semicolon() -> None:
    made = library("cell (A) { area : 3 } cell (B) { area : 4; }")
    assert [cell.number("area") for cell in made.children("cell")] == [3.0, 4.0]


def test_values_over_several_lines() -> None:
    text = 'cell_rise (t) { values ("1, 2", \\\n "3, 4"); }'
    (cell,) = library(f"cell (A) {{ pin (Y) {{ timing () {{ {text} }} }} }}").groups
    (table,) = cell.groups[0].groups[0].groups
    assert table.attributes["values"].values == ["1", "2", "3", "4"]


def test_comments_are_no_text() -> None:
    made = library("/* cell (X) { */ cell (A) { /* } */ area : 1; } /* last */")
    assert [cell.arguments for cell in made.groups] == [["A"]]


def test_groups_that_nobody_reads_are_skipped_with_all_in_them() -> None:
    made = library("ccsn_first_stage (x) { cell (no) { pin (no) { } } } cell (yes) { }")
    assert [group.arguments for group in made.groups] == [["yes"]]


@pytest.mark.parametrize("text", ["library (l) {", "library (l) { } }", "}"])
def test_braces_that_do_not_match(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        parse(text)


def test_groups_where_they_do_not_belong_are_skipped() -> None:
    made = library(
        "cell (A) { timing () { } pin (Y) { ff () { } timing () { cell () { } } } } pin (B) { }"
    )
    (cell,) = made.groups
    (pin,) = cell.groups
    (timing,) = pin.groups
    assert (cell.kind, pin.kind, timing.kind, timing.groups) == ("cell", "pin", "timing", [])


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("library (l) {\n /* never closed\n}", "a comment is not closed", 2),
        ("library (l) {\n /*/ }", "a comment is not closed", 2),
        ("library (l) {\n cell (A) {\n }", "the brace of library is not closed", 1),
        ("library (l) {\n ccs () {\n }", "the brace of library is not closed", 1),
        ("library (l) {\n ccs () { {\n }", "a brace is not closed", 2),
        ("}", "a brace is closed that was not opened", 1),
        ('library (l) {\n\n a : 1; "b" }', "this is not liberty: '\"b\" }'", 3),
        ("library (l) {\n área : 1; }", "this is not liberty: 'área : 1; }'", 2),
    ],
)
def test_what_is_not_liberty(text: str, what: str, line: int) -> None:
    with pytest.raises(LibertyError) as caught:
        parse(text)
    assert (caught.value.what, caught.value.line) == (what, line)


@pytest.mark.parametrize(
    "text",
    [
        "pin () { " * 50_000, '"' * 99_999, '"' + '\\"' * 100_000, "/*" * 100_000,
        "(" * 100_000, "a(" * 50_000, "a " * 50_000,
    ],
    ids=["groups", "quotes", "escaped quotes", "comments", "parentheses", "heads", "words"],
)  # fmt: skip
def test_long_nonsense_is_refused_at_once(text: str) -> None:
    """Each of these took time with the square of its length where it was searched anew."""
    with pytest.raises(LibertyError):
        parse(f"library (l) {{ {text}")


def test_an_attribute_ends_with_its_line() -> None:
    made = library('\n area : 2.5\n function : (A B)\n name : \\\n x\n text : "a\nb" flag : 1\n')
    assert made.number("area") == 2.5
    assert (made.text("function"), made.text("name"), made.text("text")) == ("(A B)", "x", "a\nb")
    assert made.line_of("function") == 3
    assert made.line_of("none") == made.line == 1


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-Infinity", "1e400", "x", '""', "1_000", "٣", "1e13"]
)
def test_what_is_no_number(text: str) -> None:
    made = library(f"\narea : {text};")
    with pytest.raises(LibertyError, match=r"area must be a .*number") as caught:
        made.number("area")
    assert caught.value.line == 2


def test_numbers() -> None:
    made = library('values ("1, 2", "-3 4e-1", \\\n .5);')
    assert made.numbers("values") == [1.0, 2.0, -3.0, 0.4, 0.5]
    assert made.numbers("others") == []
