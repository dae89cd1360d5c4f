"""Definitions of the report are those of the documentation."""

from __future__ import annotations

from hawx_hw.report.html.glossary import definitions


def test_terms_are_those_of_the_page_in_plain_text() -> None:
    known = definitions()
    assert known["filter"].startswith("The weights of one output channel")
    assert known["table"] == known["digest"]
    assert "term" not in known
    assert not any("](" in text or "`" in text for text in known.values())
    assert known["emulation"].endswith("equal to the reference.")


def test_terms_that_the_report_links_to_exist() -> None:
    assert {"memory model", "longest path", "hawx scores"} <= definitions().keys()
