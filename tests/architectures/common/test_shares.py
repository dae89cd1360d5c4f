"""Lines of multiplier cells shared out among classes, against every way to do it."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.common.shares import share


def every_way(able: np.ndarray, counts: list[int]) -> list[tuple[int, tuple[int, ...]]]:
    """Load of the busiest line, and the class of each line or -1."""
    ways = []
    for choice in itertools.product(range(-1, len(counts)), repeat=len(able)):
        if any(kind >= 0 and not able[line, kind] for line, kind in enumerate(choice)):
            continue
        lines = [choice.count(kind) for kind in range(len(counts))]
        if 0 not in lines:
            load = max(-(-count // n) for count, n in zip(counts, lines, strict=True))
            ways.append((load, choice))
    return ways


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_the_busiest_line_serves_as_few_as_can_be(seed: int, counts: list[int]) -> None:
    able = np.random.default_rng(seed).random((4, len(counts))) < 0.6
    ways = every_way(able, counts)
    result = share(counts, able)
    if not ways:
        assert result is None
        return
    assert result is not None
    tiles, lines = result
    assert tiles == min(load for load, _ in ways)
    given_lines = [int((lines == kind).sum()) for kind in range(len(counts))]
    assert all(able[line, kind] for line, kind in enumerate(lines) if kind >= 0)
    assert tiles == max(-(-count // n) for count, n in zip(counts, given_lines, strict=True))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_of_equal_shares_the_cheapest_wins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 6, 2).tolist()
    able = np.ones((4, 2), dtype=bool)
    price = rng.integers(0, 3, (4, 2)).astype(float)
    result = share(counts, able, price, rest=False)
    assert result is not None
    tiles, lines = result
    needed = [-(-count // tiles) for count in counts]

    def cost(choice) -> float:
        return sum(price[line, kind] for line, kind in enumerate(choice) if kind >= 0)

    # Of the ways that need no more lines than this load asks for.
    fewest = [
        choice
        for load, choice in every_way(able, counts)
        if load == tiles and [choice.count(kind) for kind in (0, 1)] == needed
    ]
    assert cost(lines) == min(map(cost, fewest))


def test_lines_without_work_help_the_busiest_class() -> None:
    """Classes of 5 and 3 on 4 lines: two for the first, and one each would do with 3 a line."""
    able = np.ones((4, 2), dtype=bool)
    assert share([5, 3], able, rest=False)[1].tolist() == [0, 0, 1, -1]
    # 5 members on two lines are 2.5 a line; 3 on one are busier.
    assert share([5, 3], able)[1].tolist() == [0, 0, 1, 1]
    # A line never helps a class that has as many lines as members.
    assert share([1], np.ones((3, 1), dtype=bool))[1].tolist() == [0, -1, -1]
