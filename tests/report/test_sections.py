"""The parts of a summary, by name."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.sections import ALL, SECTIONS, print_section, section
from hawx_hw.report.summary import print_summary, summarize
from tests.report.html.pages import whole_summary, with_flow
from tests.report.samples import QUANTIZE, build_folder


def printed(summary, name: str) -> str:
    stream = io.StringIO()
    assert print_section(summary, name, stream)
    return stream.getvalue()


def test_the_sections_have_everything_that_the_whole_has(tmp_path: Path) -> None:
    with_flow(tmp_path)
    summary = whole_summary(tmp_path)
    parts = [section(summary, name) for name in SECTIONS if name != ALL]
    assert sorted(line for known, _ in parts for line in known) == sorted(summary.lines)
    titles = [table.title for _, tables in parts for table in tables]
    assert sorted(titles) == sorted(table.title for table in summary.tables())
    assert len(titles) > 5


def test_a_section_has_lines_and_tables(tmp_path: Path) -> None:
    text = printed(whole_summary(tmp_path), "cycles")
    assert text.startswith(f"{tmp_path.name}: cycles\ncycles per image")
    assert "\n\nwhere the cycles of an image go\n" in text
    assert "area" not in text


def test_all_is_the_whole(tmp_path: Path) -> None:
    summary, stream = whole_summary(tmp_path), io.StringIO()
    print_summary(summary, stream)
    assert printed(summary, ALL) == stream.getvalue()


@pytest.mark.parametrize("name", ["power", "comparison", "flows", "accelerator"])
def test_a_section_whose_stages_were_not_done_is_empty(tmp_path: Path, name: str) -> None:
    build_folder(tmp_path, QUANTIZE)
    stream = io.StringIO()
    assert not print_section(summarize(tmp_path, [Outcome("quantize", True, 1.0)]), name, stream)
    assert stream.getvalue() == ""
