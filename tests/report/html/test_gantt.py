"""Timelines as shapes."""

from __future__ import annotations

import re

import pytest

from hawx_hw.report.html.gantt import _marks, chart
from tests.report.samples import DRAWING

(TIMELINE,) = DRAWING.timelines


def test_spans_of_the_window_one_by_one() -> None:
    made = chart(TIMELINE)
    assert (made.cycles, made.window, made.bins, made.bin_cycles) == (100, 50, 10, 10)
    whole, array = made.strips
    assert whole.spans == (
        (0, 20, "wait0", "wait for weights, cycles 0 to 19"),
        (20, 30, "work0", "multiply, cycles 20 to 49"),
    )
    assert array.spans == ((20, 30, "work0", "multiply (tile 0), cycles 20 to 49"),)
    assert (whole.busy, array.busy) == (None, 0.8)
    assert made.key == (("work0", "multiply", 0.8), ("wait0", "wait for weights", 0.2))


def test_parts_of_the_layer_are_full_or_empty() -> None:
    whole, array = chart(TIMELINE).strips
    paths = dict(whole.parts)
    heights = {name: len(re.findall(r"M\d+ 0h1v1h-1z", path)) for name, path in paths.items()}
    assert heights == {"work0": 8, "wait0": 2}
    assert [name for name, _ in array.parts] == ["work0"]


@pytest.mark.parametrize(
    ("cycles", "marks"),
    [
        (3, (0, 1, 2, 3)),
        (50, (0, 10, 20, 30, 40, 50)),
        (256, (0, 50, 100, 150, 200, 250)),
        (3206, (0, 1000, 2000, 3000)),
    ],
)
def test_marks_are_round_numbers(cycles: int, marks: tuple[int, ...]) -> None:
    assert _marks(cycles) == marks
