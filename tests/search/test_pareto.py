import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hawx_hw.search.pareto import fronts, gains, hypervolume, pareto

#: Time on a loaded machine is no property of the functions.
UNTIMED = settings(deadline=None)
# Few values, so that points and coordinates coincide.
POINTS = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.just(2)),
    elements=st.integers(0, 6).map(float),
)


def ref_pareto(points):
    def better(a, b):
        return all(a <= b) and any(a < b)

    seen, front = set(), []
    for index, point in enumerate(points):
        if tuple(point) not in seen and not any(better(other, point) for other in points):
            front.append(index)
        seen.add(tuple(point))
    return sorted(front, key=lambda index: points[index][0])


def ref_hypervolume(points, reference):
    """Unit squares that some point dominates."""
    return sum(
        any(p[0] <= x and p[1] <= y for p in points)
        for x in range(reference[0])
        for y in range(reference[1])
    )


@UNTIMED
@given(POINTS)
def test_the_front_is_what_nothing_dominates(points):
    assert pareto(points).tolist() == ref_pareto(points)


@UNTIMED
@given(POINTS)
def test_hypervolume_counts_the_dominated_squares(points):
    assert hypervolume(points, (5, 4)) == ref_hypervolume(points, (5, 4))


@UNTIMED
@given(POINTS, POINTS)
def test_gains_are_differences_of_hypervolumes(points, front):
    before = ref_hypervolume(front, (5, 6))
    expected = [ref_hypervolume([*front, point], (5, 6)) - before for point in points]
    assert gains(points, front, (5, 6)).tolist() == expected


@UNTIMED
@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 12), st.just(5)),
        elements=st.integers(0, 2).map(float),
    )
)
def test_the_front_of_five_objectives_is_what_nothing_dominates(points):
    assert pareto(points).tolist() == ref_pareto(points)


@UNTIMED
@given(POINTS, st.integers(1, 4))
def test_fronts_are_found_by_taking_the_best_away(points, most):
    expected, left = np.full(len(points), most), list(range(len(points)))
    for rank in range(most):
        best = [left[index] for index in ref_pareto(points[left])] if left else []
        expected[best] = rank
        left = [index for index in left if index not in best]
    assert fronts(points, most).tolist() == expected.tolist()


def test_points_with_an_infinite_objective_are_never_on_the_front():
    points = np.array([[1, np.inf], [2, 3], [-1, np.inf], [np.inf, 1]])
    assert pareto(points).tolist() == [1]
    assert pareto(points[[0, 2]]).tolist() == []
    assert fronts(points, 2).tolist() == [2, 0, 2, 2]


def test_an_empty_front_gains_everything():
    assert gains(np.array([[1.0, 1.0]]), np.empty((0, 2)), (3, 4)).tolist() == [6]
    assert hypervolume(np.empty((0, 2)), (3, 4)) == 0


def test_refuses_what_are_no_points():
    with pytest.raises(ValueError, match=r"shape \(n, objectives\), not \(3,\)"):
        pareto(np.zeros(3))
    with pytest.raises(ValueError, match=r"shape \(n, 2\), not \(1, 3\)"):
        hypervolume(np.zeros((1, 3)), (1, 1))
    with pytest.raises(ValueError, match="not NaN"):
        hypervolume(np.array([[np.nan, 1]]), (1, 1))
