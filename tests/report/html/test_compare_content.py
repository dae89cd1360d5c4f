"""What a page of designs side by side holds."""

from __future__ import annotations

from hawx_hw.report.html.compare import compare_runs
from hawx_hw.report.html.compare_content import ComparedRun, ComparisonContent
from tests.report.html.compared import changed


def test_it_is_the_same_after_json(run: ComparedRun) -> None:
    content = compare_runs([changed(run, name) for name in ("one", "other")])
    assert ComparisonContent.model_validate_json(content.model_dump_json()) == content
    assert changed(run, "one").name == "one"
