"""Tables of a page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hawx_hw.report.html.page_tables import section_tables, table_content
from hawx_hw.report.tables import Table
from tests.report.html.pages import whole_summary


def test_each_section_has_its_tables_and_none_twice(tmp_path: Path) -> None:
    sections = section_tables(whole_summary(tmp_path))
    titles = {name: [table.title.partition(",")[0] for table in t] for name, t in sections.items()}
    assert titles["verdict"] == [
        "The chosen design beside those that it must beat",
        "Measured energy of an image",
    ]
    assert titles["costs"] == [
        "Where the cycles of an image go",
        "Where the energy of an image goes",
        "Measured energy of an image by memory model",
    ]
    assert set(sections) == {"verdict", "costs", "machine", "predictions"}


def test_each_place_of_a_table_has_words_or_numbers_and_numbers_have_units(tmp_path: Path) -> None:
    sections = section_tables(whole_summary(tmp_path))
    [predictions] = sections["predictions"]
    assert predictions.words == (True, False, False, False, False, True)
    chosen = sections["verdict"][0]
    assert chosen.heading[4:6] == ("energy of an image, nJ", "area, µm²")


def test_a_design_that_is_what_it_is_compared_with_stands_once(tmp_path: Path) -> None:
    summary = whole_summary(tmp_path)
    assert summary.chosen is not None
    own = summary.chosen.designs[0]
    twice = replace(own, what="lower precision alone: x")
    chosen = replace(summary.chosen, designs=(own, twice, *summary.chosen.designs[1:]))
    [table, *_] = section_tables(replace(summary, chosen=chosen))["verdict"]
    assert table.lines[0][0] == "chosen; lower precision alone: x"
    assert len(table.lines) == len(summary.chosen.designs)


def test_words_have_no_definition() -> None:
    table = table_content(Table("t", ("layer", "nJ", "x"), (("a", "1.0", "2"),)), "part")
    assert table.terms == (None, "energy of an image", "part")
    assert table.title == "T"
