"""The convex front of sums, against all vectors of small spaces."""

import itertools

import numpy as np
import pytest
from ground_truth.sweep import at_price, sweep

UNITS, BLOCKS = 4, 4
GROUPS, KINDS = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])


def table(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random((UNITS, BLOCKS)), rng.random((UNITS, BLOCKS))


def allowed(grouped: bool) -> np.ndarray:
    """All vectors, or those whose units agree on a kind in each group."""
    vectors = np.array(list(itertools.product(range(BLOCKS), repeat=UNITS)))
    if not grouped:
        return vectors
    kinds = KINDS[vectors]
    return vectors[(kinds[:, 0] == kinds[:, 1]) & (kinds[:, 2] == kinds[:, 3])]


def totals(values: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return values[np.arange(UNITS), vectors].sum(axis=-1)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("price", [0.0, 0.3, 1.0, 10.0])
def test_at_price(grouped: bool, seed: int, price: float) -> None:
    scores, costs = table(seed)
    options = {"groups": GROUPS, "kinds": KINDS} if grouped else {}
    vectors = allowed(grouped)
    best = vectors[(totals(scores, vectors) + price * totals(costs, vectors)).argmin()]
    np.testing.assert_array_equal(at_price(scores, costs, price, **options), best)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_sweep(grouped: bool, seed: int) -> None:
    scores, costs = table(seed)
    options = {"groups": GROUPS, "kinds": KINDS} if grouped else {}
    vectors = allowed(grouped)
    score, cost = totals(scores, vectors), totals(costs, vectors)
    # The convex front: best for some price of a fine and wide grid.
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 20_000)])
    convex = np.unique((score[:, None] + grid * cost[:, None]).argmin(axis=0))
    limits = np.linspace(cost.min(), cost.max(), 50)
    for limit, vector in zip(limits, sweep(scores, costs, limits, **options), strict=True):
        within = convex[cost[convex] <= limit + 1e-12]
        assert totals(scores, vector) == pytest.approx(score[within].min(), abs=1e-12)
        assert totals(costs, vector) <= limit + 1e-12


def test_ruled_out() -> None:
    scores = np.array([[0.0, np.inf], [0.0, 1.0]])
    costs = np.array([[2.0, 1.0], [2.0, 1.0]])
    assert sweep(scores, costs, np.array([4.0, 3.0])).tolist() == [[0, 0], [0, 1]]
    with pytest.raises(ValueError, match=r"limits must be at least .*, not 2\.5"):
        sweep(scores, costs, np.array([2.5]))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"price": -1.0}, "price must be at least 0, not -1.0"),
        ({"costs": np.zeros((2, 3))}, "scores and costs must be of one shape"),
        ({"scores": np.full((2, 2), np.inf)}, "scores must leave every unit a block"),
        ({"groups": np.array([0, 2])}, "groups must be 2 numbers from 0 on without gaps"),
        ({"kinds": np.array([0])}, "kinds must be 2 numbers from 0 on without gaps"),
    ],
)
def test_wrong(changed: dict[str, object], message: str) -> None:
    values = {"scores": np.zeros((2, 2)), "costs": np.ones((2, 2)), "price": 1.0, **changed}
    with pytest.raises(ValueError, match=message):
        at_price(**values)
