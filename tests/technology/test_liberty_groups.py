"""The groups of a liberty file: nesting, attributes of both kinds, comments, skipped groups."""

from __future__ import annotations

import pytest

from hawx_hw.technology.liberty_groups import Group, parse


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
    (table,) = library('cell_rise (t) { values ("1, 2", \\\n "3, 4"); }').groups
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
