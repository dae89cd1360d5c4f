"""Points of a front by number and by constraints."""

import pytest

from hawx_hw.errors import UserError
from hawx_hw.search.pick import by_constraints, by_index
from hawx_hw.search.result import Found, SearchResult


def result(*rows: tuple[float, float, float]) -> SearchResult:
    front = tuple(
        Found(
            (n,), 0.9, lost, {"energy_nj": energy, "area_um2": area}, {"blocks": {}, "layers": {}}
        )
        for n, (lost, energy, area) in enumerate(rows)
    )
    return SearchResult(
        "hawx", 0, "", "energy_nj", 100, 0.95, len(rows), 0.0, 0.0, (5.0, 10.0), 1.0, front
    )


ROWS = result((0.0, 9.0, 50.0), (0.4, 7.0, 80.0), (0.4, 8.0, 40.0), (1.5, 5.0, 60.0))


@pytest.mark.parametrize(
    ("lost", "limits", "index"),
    [
        (0.0, {}, 0),
        (0.5, {}, 1),
        (0.5, {"area_um2": 60.0}, 2),
        (2.0, {}, 3),
        (2.0, {"area_um2": 45.0}, 2),
        (0.4, {"energy_nj": 7.0}, 1),
    ],
)
def test_least_objective_of_those_that_keep_to_it(lost, limits, index) -> None:
    assert by_constraints(ROWS, lost, limits) == index


@pytest.mark.parametrize(
    ("lost", "limits", "nearest"),
    [
        (0.5, {"area_um2": 39.0}, "point 2 with accuracy_drop 0.40, area_um2 40"),
        (1.4, {"energy_nj": 5.0}, "point 3 with accuracy_drop 1.50, energy_nj 5"),
        (0.0, {"energy_nj": 8.9}, "point 0 with accuracy_drop 0.00, energy_nj 9"),
    ],
)
def test_the_impossible_is_told_with_what_comes_nearest(lost, limits, nearest) -> None:
    with pytest.raises(
        UserError, match=f"Nothing that was found keeps to .*; the nearest is {nearest}"
    ):
        by_constraints(ROWS, lost, limits)


def test_figures_that_the_search_does_not_know() -> None:
    with pytest.raises(UserError, match="does not know latency_us"):
        by_constraints(ROWS, 1.0, {"latency_us": 3.0})


def test_numbers() -> None:
    assert by_index(ROWS, 3) == 3
    with pytest.raises(UserError, match=r"no point 4.*numbered 0 to 3"):
        by_index(ROWS, 4)
    with pytest.raises(UserError, match="Nothing was evaluated"):
        by_constraints(result(), 1.0, {})
