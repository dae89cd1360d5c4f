"""Rows shared out among tap classes, for columns that must serve filter classes."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.systolic.row_ways import row_ways


def test_rows_that_let_more_columns_serve_are_a_way_of_their_own() -> None:
    """Two rows, two columns; block 1 is only in row 1, and in column 1 of row 0."""
    present = np.array([[[True, False], [True, True]], [[True, True], [True, True]]])
    # One class of filters that wants block 0 for tap class 0 and block 1 for tap class 1.
    ways, complete = row_ways([1, 1], np.array([[0, 1]]), present)
    assert complete
    assert [way.tiles for way in ways] == [1]
    # Row 0 serves tap class 0, row 1 tap class 1: then both columns can serve the filters.
    assert ways[0].rows.tolist() == [0, 1]
    assert ways[0].able.tolist() == [[True], [True]]


def test_rows_that_cannot_serve_a_class_leave_no_way() -> None:
    present = np.array([[[True, False]], [[True, False]]])
    ways, complete = row_ways([1, 1], np.array([[0, 1]]), present)
    assert complete
    assert not any(way.able.any() for way in ways)


@pytest.mark.parametrize("counts", [[4], [1, 1], [2, 3]])
def test_uniform_rows_have_one_best_way(counts: list[int]) -> None:
    present = np.ones((4, 3, 2), dtype=bool)
    ways, complete = row_ways(counts, np.array([[0, 1][: len(counts)]]), present)
    assert complete
    assert len(ways) == 1
    lines = [int((ways[0].rows == kind).sum()) for kind in range(len(counts))]
    assert ways[0].tiles == max(-(-c // n) for c, n in zip(counts, lines, strict=True))
