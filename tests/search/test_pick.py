"""Points of a front by number and by constraints."""

import pytest

from hawx_hw.errors import UserError
from hawx_hw.search.pick import by_constraints, by_index
from hawx_hw.search.result import SearchResult
from tests.search.small import design_point, search_result


def result(*points: tuple[float, float, float]) -> SearchResult:
    """Search result with these accuracy drops, energies and areas."""
    front = tuple(
        design_point((n,), drop, {"energy_nj": energy, "area_um2": area})
        for n, (drop, energy, area) in enumerate(points)
    )
    return search_result(front)


POINTS = result((0.0, 9.0, 50.0), (0.4, 7.0, 80.0), (0.4, 8.0, 40.0), (1.5, 5.0, 60.0))


@pytest.mark.parametrize(
    ("drop", "limits", "index"),
    [
        (0.0, {}, 0),
        (0.5, {}, 1),
        (0.5, {"area_um2": 60.0}, 2),
        (2.0, {}, 3),
        (2.0, {"area_um2": 45.0}, 2),
        (0.4, {"energy_nj": 7.0}, 1),
    ],
)
def test_the_least_objective_that_meets_the_constraints_is_picked(drop, limits, index) -> None:
    assert by_constraints(POINTS, drop, limits) == index


@pytest.mark.parametrize(
    ("drop", "limits", "nearest"),
    [
        (0.5, {"area_um2": 39.0}, "point 2 with accuracy_drop 0.40, area_um2 40"),
        (1.4, {"energy_nj": 5.0}, "point 3 with accuracy_drop 1.50, energy_nj 5"),
        (0.0, {"energy_nj": 8.9}, "point 0 with accuracy_drop 0.00, energy_nj 9"),
    ],
)
def test_the_message_names_the_point_that_comes_nearest(drop, limits, nearest) -> None:
    with pytest.raises(
        UserError, match=f"No design of the front meets .*; the nearest is {nearest}"
    ):
        by_constraints(POINTS, drop, limits)


def test_metrics_that_the_points_do_not_have_are_refused() -> None:
    with pytest.raises(UserError, match="Points of this search have no latency_us"):
        by_constraints(POINTS, 1.0, {"latency_us": 3.0})


def test_numbers_of_points_are_checked() -> None:
    assert by_index(POINTS, 3) == 3
    with pytest.raises(UserError, match=r"no point 4.*numbered 0 to 3"):
        by_index(POINTS, 4)
    with pytest.raises(UserError, match="Nothing was evaluated"):
        by_constraints(result(), 1.0, {})
