"""Designs side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawx_hw.report.html.compare import compare_runs
from hawx_hw.report.html.compare_content import ComparedRun
from hawx_hw.report.html.render import comparison_page
from tests.report.html.compared import changed
from tests.report.html.pages import ALL, HOSTILE

NAMED = ("one", "other", "third")


def test_bars_and_fronts_of_all_designs(run: ComparedRun) -> None:
    content = compare_runs([changed(run, name) for name in NAMED])
    titles = [bars.title for bars in content.bars]
    assert titles == [
        "Energy of an image, by part", "Energy of an image, by layer", "Area of cells",
        "Cycles of an image, by layer",
    ]  # fmt: skip
    assert all(bars.bars == NAMED for bars in content.bars)
    energy, _, area, _ = content.bars
    assert sum(part[0] for part in energy.parts.values()) == 200.0
    assert sum(part[0] for part in area.parts.values()) == pytest.approx(83_394.192)
    assert content.fronts[0].drops == (0.0, 0.5, 9.0)
    assert content.fronts[0].built == 1
    assert content.front_table is not None and len(content.front_table.lines) == 9
    assert content.blocks.lines[0] == ("one", "exact", "tree", "64")


def test_what_is_missing_is_named_with_its_command(run: ComparedRun) -> None:
    results = replace(run.results, stages=ALL[:7], power=None, synth=None, verify=None)
    other = replace(changed(run, "other"), results=results)
    content = compare_runs([changed(run, "one"), other])
    assert content.missing == (("other: verify, synth, power", "hawx run other.yaml"),)
    assert content.bars == ()


def test_the_page_is_complete_and_the_same_every_time(run: ComparedRun) -> None:
    content = compare_runs([changed(run, name) for name in NAMED])
    text = comparison_page(content)
    assert text == comparison_page(content)
    assert type(content).model_validate_json(content.model_dump_json()) == content
    assert len(text) < 3_000_000
    assert "&lt;/script&gt;" in text and f">{HOSTILE}" not in text
    assert "hawx report one.yaml other.yaml third.yaml" in text
