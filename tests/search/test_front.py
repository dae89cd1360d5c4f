import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hawx_hw.search.front import gains, hypervolume, pareto, regret

# Few values, so that points and coordinates coincide.
POINTS = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.just(2)),
    elements=st.integers(0, 6).map(float),
)


def ref_pareto(points):
    def better(a, b):
        return all(a <= b) and any(a < b)

    seen, kept = set(), []
    for index, point in enumerate(points):
        if tuple(point) not in seen and not any(better(other, point) for other in points):
            kept.append(index)
        seen.add(tuple(point))
    return sorted(kept, key=lambda index: points[index][0])


def ref_hypervolume(points, reference):
    """Unit squares that some point dominates."""
    return sum(
        any(p[0] <= x and p[1] <= y for p in points)
        for x in range(reference[0])
        for y in range(reference[1])
    )


@given(POINTS)
def test_the_front_is_what_nothing_dominates(points):
    assert pareto(points).tolist() == ref_pareto(points)


@given(POINTS)
def test_hypervolume_counts_the_dominated_squares(points):
    assert hypervolume(points, (5, 4)) == ref_hypervolume(points, (5, 4))


@given(POINTS, POINTS)
def test_gains_are_differences_of_hypervolumes(points, front):
    before = ref_hypervolume(front, (5, 6))
    wanted = [ref_hypervolume([*front, point], (5, 6)) - before for point in points]
    assert gains(points, front, (5, 6)).tolist() == wanted


def test_hypervolume_agrees_with_pymoo():
    hv = pytest.importorskip("pymoo.indicators.hv")
    points = np.random.default_rng(3).normal(size=(200, 2))
    wanted = hv.HV(ref_point=np.array([1.0, 2.0]))(points)
    assert hypervolume(points, (1.0, 2.0)) == pytest.approx(wanted, rel=1e-12)


def test_an_empty_front_gains_everything():
    assert gains(np.array([[1.0, 1.0]]), np.empty((0, 2)), (3, 4)).tolist() == [6]
    assert hypervolume(np.empty((0, 2)), (3, 4)) == 0


def test_regret_is_relative_to_the_cheapest_truth():
    truth = np.array([[0, 10], [1, 5], [2, 4]])
    assert regret(np.array([[0.5, 6], [1.5, 4.5]]), truth, 1) == pytest.approx(0.2)
    assert regret(truth, truth, 2) == 0
    assert regret(np.array([[3, 1]]), truth, 2) == np.inf
    with pytest.raises(ValueError, match="at most -1"):
        regret(truth, truth, -1)


def test_refuses_what_are_no_points():
    with pytest.raises(ValueError, match=r"shape \(n, 2\), not \(3,\)"):
        pareto(np.zeros(3))
    with pytest.raises(ValueError, match="not NaN"):
        hypervolume(np.array([[np.nan, 1]]), (1, 1))
