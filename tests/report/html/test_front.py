"""Designs of a search, as the report shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawx_hw.report.html.front import _count, front_content
from tests.report.html.pages import CONFIG, points
from tests.search.small import search_result


def test_kinds_numbers_and_commands() -> None:
    exact, mixed, coarse = points()
    result = search_result(
        (exact, mixed), behind=(coarse,), uniform=(exact, replace(coarse, vector=(2, 2)))
    )
    front = front_content(result, 1, CONFIG.search, "tiny.yaml")
    assert [(point.kind, point.number) for point in front.points] == [
        ("exact", 0), ("chosen", 1), ("behind", 2), ("uniform", None),
    ]  # fmt: skip
    assert front.points[1].command == "hawx run tiny.yaml --index 1"
    assert front.points[3].command == ""
    assert front.points[0].label == "exact blocks"
    assert front.most == 1.0
    assert list(front.titles) == ["energy_nj", "area_um2"]
    assert "none select" in front.basis


def test_estimates_and_predictions() -> None:
    front = front_content(search_result(points(), select_images=7), 1, None, "x")
    mixed = front.points[1]
    assert (mixed.accuracy_drop, mixed.low, mixed.high) == (0.6, 0.1, 1.1)
    assert mixed.predicted_accuracy == (94.0, 92.0, 96.0)
    assert mixed.accuracy == pytest.approx(94.5)
    assert front.points[0].low is None
    assert front.points[2].predicted_accuracy is None
    assert "7 that no search saw" in front.basis


def test_blocks_of_a_layer_are_counted_in_filters() -> None:
    front = front_content(search_result(points()), None, None, "x")
    assert front.points[1].blocks == {"conv1": {"drum(k=4)": 5, "exact": 3}}


@pytest.mark.parametrize(("text", "count"), [("0", 1), ("0-5", 6), ("0-3, 7", 5), ("1,3,5", 3)])
def test_ranges(text: str, count: int) -> None:
    assert _count(text) == count
