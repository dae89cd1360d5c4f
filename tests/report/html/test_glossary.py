"""Definitions of the report are those of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hawx_hw.architectures.simt.cycles import CAUSES as SIMT
from hawx_hw.architectures.systolic.cycles import CAUSES as SYSTOLIC
from hawx_hw.report.html.glossary import definitions, shown_heading, term_id
from tests.report.html.pages import whole_content


def test_terms_are_those_of_the_page_in_plain_text() -> None:
    known = definitions()
    assert known["filter"].startswith("The weights of one output channel")
    assert known["table"] == known["digest"]
    assert "term" not in known
    assert not any("](" in text or "`" in text for text in known.values())
    assert known["emulation"].endswith("equal to the reference.")


def test_ids_are_of_one_term_each() -> None:
    ids = [term_id(name) for name in definitions()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"term-[a-z0-9-]+", each) for each in ids)


def test_every_place_of_a_table_with_numbers_has_a_definition(tmp_path: Path) -> None:
    tables = [table for some in whole_content(tmp_path).tables.values() for table in some]
    assert len(tables) >= 7
    for table in tables:
        for name, words, term in zip(table.heading, table.words, table.terms, strict=True):
            assert words or term in definitions(), (table.title, name)


@pytest.mark.parametrize("title", {**SYSTOLIC, **SIMT}.values())
def test_every_cause_of_cycles_has_a_definition(title: str) -> None:
    shown, term = shown_heading(title, "other cycles", causes=True)
    assert term in definitions()
    assert shown


def test_a_cause_and_a_part_of_one_name_differ() -> None:
    assert shown_heading("weights", "part", causes=True) == ("weights", "weight loading")
    assert shown_heading("weights", "part") == ("weights", "part")
    assert shown_heading("accuracy drop, points")[1] == "accuracy drop"
