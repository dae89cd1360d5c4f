"""Points of a front by number and by constraints."""

import itertools
from dataclasses import replace

import pytest

from hawx_hw.errors import UserError
from hawx_hw.search.bound import Paired
from hawx_hw.search.pick import bound_of, by_constraints, by_index, choose
from hawx_hw.search.result import DesignPoint, DropEstimate, SearchResult
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


def judged(number: int, drop: float, energy: float, lost: int, gained: int = 0, images: int = 5000):
    """A point whose drop on the search's images, and whose losses on those that select, are so."""
    blocks = ["drum(k=4)"] if number else []
    return design_point(
        (number, 0),
        drop,
        {"energy_nj": energy},
        blocks,
        selection=Paired(images, lost, gained),
    )


def selected(*points, images: int = 5000) -> SearchResult:
    return search_result(points, select_images=images)


EXACT = judged(0, 0.0, 100.0, 0)
SAFE = judged(1, 0.1, 90.0, 6, 2)
#: On the search's images it loses nothing, and takes the least: chance chose it.
LUCKY = judged(2, -0.1, 70.0, 60, 10)


def test_a_lucky_design_that_the_searchs_images_favor_is_refused() -> None:
    front = (EXACT, SAFE, LUCKY)
    assert by_constraints(search_result(front), 0.5, {}) == 2
    choice = choose(selected(*front), 0.5, {})
    assert choice.point is SAFE
    bound = choice.bound
    assert bound is not None and bound.holds
    assert (bound.images, bound.finalists, bound.confidence) == (5000, 2, 0.95)
    assert bound.drop == pytest.approx(0.08)
    assert bound.drop < bound.upper <= 0.5


def test_what_the_images_cannot_show_is_not_claimed() -> None:
    few = [replace(p, selection=Paired(200, p.vector[0], 0)) for p in (EXACT, SAFE)]
    better = replace(LUCKY, selection=Paired(200, 0, 0))
    choice = choose(selected(*few, better, images=200), 0.5, {})
    # Of those whose drop is within the constraint that of the least bound.
    assert choice.point is better
    assert choice.bound is not None and not choice.bound.holds
    assert choice.bound.upper > 0.5
    assert choice.bound.images_needed is not None and choice.bound.images_needed > 200


def test_the_exact_design_is_certain() -> None:
    worse = replace(SAFE, selection=Paired(5000, 300, 0))
    choice = choose(selected(EXACT, worse), 0.5, {})
    assert choice.point is EXACT
    assert choice.bound is not None and choice.bound.holds
    assert (choice.bound.upper, choice.bound.finalists) == (0.0, 0)
    with pytest.raises(UserError, match="No design of the front meets"):
        choose(selected(EXACT, worse), 0.5, {"energy_nj": 95.0})


def test_more_confidence_and_more_finalists_ask_for_more() -> None:
    alone = choose(selected(EXACT, SAFE), 0.5, {}).bound
    many = [replace(LUCKY, vector=(n, 1), accuracy_drop=0.0) for n in range(9)]
    others = choose(selected(EXACT, SAFE, *many), 0.5, {}).bound
    surer = choose(selected(EXACT, SAFE), 0.5, {}, 0.999).bound
    assert alone is not None and others is not None and surer is not None
    assert others.finalists == 10
    assert alone.upper < others.upper
    assert alone.upper < surer.upper
    by_number = bound_of(selected(EXACT, SAFE, *many), 1, 0.5)
    assert by_number is not None and alone.upper < by_number.upper
    certain = bound_of(selected(EXACT, SAFE), 0, 0.5)
    assert certain is not None and (certain.upper, certain.holds) == (0.0, True)


def test_the_choice_is_the_same_whatever_the_order_of_the_front() -> None:
    points = [EXACT, SAFE, LUCKY, judged(3, 0.1, 85.0, 10), judged(4, 0.1, 80.0, 25)]
    # Every fifth: each point stands in each place, and before and behind each other one.
    orders = itertools.islice(itertools.permutations(points), 0, None, 5)
    chosen = {choose(selected(*order), 0.5, {}).point.vector for order in orders}
    assert len(chosen) == 1


def test_without_images_that_select_nothing_is_known() -> None:
    assert choose(POINTS, 0.5, {}).bound is None
    assert bound_of(POINTS, 1, 0.5) is None


def test_who_is_tested_is_a_matter_of_the_searchs_images_alone() -> None:
    hopeless = replace(LUCKY, selection=Paired(5000, 400, 0))
    coarse = replace(LUCKY, accuracy_drop=8.0)
    for other, finalists in ((hopeless, 2), (coarse, 1)):
        bound = choose(selected(EXACT, SAFE, other), 0.5, {}).bound
        assert bound is not None and bound.finalists == finalists


def raced(number: int, race: int, energy: float, lost: int) -> DesignPoint:
    """A point that loses so many of 5,000 images of the race, and of those that select."""
    return replace(judged(number, 9.0, energy, lost), race=Paired(5000, race, 0))


def test_finalists_are_ordered_by_the_race_where_there_was_one() -> None:
    # What the search's images showed of them, 9 points, is forgotten.
    safe, middle, over = raced(1, 1, 90.0, 2), raced(2, 9, 80.0, 8), raced(3, 300, 70.0, 0)
    for points in itertools.permutations((EXACT, safe, middle, over)):
        choice = choose(selected(*points), 0.5, {})
        assert choice.point is middle
        assert choice.bound is not None and choice.bound.finalists == 2


def test_the_safest_get_the_largest_share_of_the_error_and_hand_it_on() -> None:
    safe = raced(1, 1, 90.0, 2)
    rest = [raced(n, 5, 80.0 + n, 300) for n in range(2, 9)]
    # 14 of 5,000 lost keep the constraint at an error of 0.025, and not at a thousandth.
    late = raced(9, 20, 70.0, 14)
    early = replace(late, race=Paired(5000, 2, 0))
    for close, chosen in ((early, early), (late, safe)):
        choice = choose(selected(EXACT, safe, close, *rest), 0.5, {})
        assert choice.point is chosen
        assert choice.bound is not None and choice.bound.finalists == 9


def test_designs_behind_the_front_are_finalists() -> None:
    result = replace(selected(EXACT, LUCKY), behind=(SAFE,))
    choice = choose(result, 0.5, {})
    assert choice.point is SAFE
    assert choice.bound is not None and choice.bound.finalists == 2
    assert by_constraints(result, 0.5, {}) == by_index(result, 2) == 2
    assert bound_of(result, 2, 0.5) is not None
    # What is on the front is a matter of images that select, and the bound none of the front.
    other = replace(selected(EXACT, SAFE, LUCKY))
    assert choose(other, 0.5, {}).bound == choice.bound


def test_of_the_undecided_that_of_the_safest_estimate_is_chosen() -> None:
    few = [
        replace(p, selection=Paired(200, lost, 0), estimate=DropEstimate(value, low, high))
        for p, lost, value, low, high in (
            (SAFE, 1, 0.3, 0.0, 0.6),
            (LUCKY, 0, 0.4, -0.4, 1.2),
            (replace(LUCKY, vector=(3, 0)), 0, 0.6, 0.5, 0.7),
        )
    ]
    choice = choose(selected(EXACT, *few, images=200), 0.5, {})
    assert choice.point is few[0]
    assert choice.bound is not None and choice.bound.undecided
    assert choice.bound.estimated == 0.3
    # What is estimated to lose too much is none of them, whatever was observed.
    assert choose(selected(EXACT, few[2], images=200), 0.5, {}).point is EXACT


def test_undecided_designs_about_as_safe_as_the_safest_are_chosen_by_cost() -> None:
    """Within a tenth of the constraint, 0.05; not of the end, and not of the next one's."""
    safest, near, far = (
        replace(judged(number, 0.1, cost, 1, images=200), estimate=DropEstimate(0.1, -0.2, end))
        for number, end, cost in ((5, 0.20, 90.0), (6, 0.24, 80.0), (7, 0.26, 70.0))
    )
    for points in itertools.permutations((EXACT, safest, near, far)):
        choice = choose(selected(*points, images=200), 0.5, {})
        assert choice.point is near
        assert choice.bound is not None and choice.bound.undecided
    # Without the safest, both of the others are alike; limits are kept before.
    assert choose(selected(EXACT, near, far, images=200), 0.5, {}).point is far
    everything = selected(EXACT, safest, near, far, images=200)
    assert choose(everything, 0.5, {"energy_nj": 75}).point is far
    # Nothing was estimated: the bounds of the tests stand in.
    plain = [replace(point, estimate=None) for point in (safest, near)]
    assert choose(selected(EXACT, *plain, images=200), 0.5, {}).point is plain[1]
