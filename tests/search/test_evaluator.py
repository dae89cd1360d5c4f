import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.errors import UserError
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.evaluator import Evaluator, OutOfBudgetError, Price
from tests.search.small import BLOCKS, small_graph


class Counting:
    """Right are as many of 100 images as the vector's digits add up to; keeps the requests."""

    key, images, exact = "counting", 100, 50

    def __init__(self):
        self.requests = []

    def __call__(self, vectors):
        self.requests += vectors.tolist()
        return vectors.sum(axis=1)


def space_and_cost():
    space = Space.by_layer(small_graph(), BLOCKS)
    return space, MultiplierEnergy(space, (3.0, 2.0, 1.0))


def test_what_is_requested_again_is_free():
    _, cost = space_and_cost()
    oracle = Counting()
    evaluator = Evaluator(oracle, cost, budget=3)
    vectors = np.array([[0, 1, 0, 2], [1, 1, 1, 1], [0, 1, 0, 2]])
    points = evaluator.evaluate(vectors)
    assert points[:, 0].tolist() == [47, 46, 47]
    assert points[:, 1].tolist() == cost(vectors)["energy_pj"].tolist()
    assert evaluator.evaluations == 2
    assert evaluator.left == 1
    evaluator.evaluate(vectors)
    assert oracle.requests == [[0, 1, 0, 2], [1, 1, 1, 1]]
    assert evaluator.vectors.tolist() == oracle.requests
    assert evaluator.points.tolist() == points[:2].tolist()


class Expecting(Counting):
    """Is certain of half an image more for each digit."""

    exact_expected = 40.0

    def measure(self, vectors):
        return self(vectors), 0.5 * vectors.sum(axis=1)


def test_what_is_expected_is_evaluated_counted_and_cached_with_the_counts(tmp_path):
    _, cost = space_and_cost()
    state = tmp_path / "state.npz"
    vectors = np.array([[0, 1, 0, 2], [1, 1, 1, 1]])
    oracle = Expecting()
    first = Evaluator(oracle, cost, budget=2, state=state)
    assert first.expects
    assert first.expect(vectors).tolist() == [38.5, 38.0]
    assert first.expected_drops.tolist() == [38.5, 38.0]
    assert first.points[:, 0].tolist() == [47, 46]
    assert (first.evaluations, len(oracle.requests)) == (2, 2)
    with pytest.raises(OutOfBudgetError):
        first.expect(np.array([[2, 2, 2, 2]]))
    first.save()
    second = Evaluator(Expecting(), cost, state=state)
    assert second.expect(vectors[::-1]).tolist() == [38.0, 38.5]
    assert second.cached == 2


def test_an_oracle_that_counts_expects_what_it_counts():
    _, cost = space_and_cost()
    evaluator = Evaluator(Counting(), cost)
    assert not evaluator.expects
    assert evaluator.expect(np.array([[0, 1, 0, 2]])).tolist() == [47.0]


def test_the_budget_is_used_up_and_never_more():
    space, cost = space_and_cost()
    oracle = Counting()
    evaluator = Evaluator(oracle, cost, budget=5)
    with pytest.raises(OutOfBudgetError):
        evaluator.evaluate(space.vectors(np.arange(9)))
    assert evaluator.evaluations == 5
    assert evaluator.left == 0
    assert len(evaluator.evaluate(space.vectors(np.arange(5)))) == 5
    with pytest.raises(OutOfBudgetError):
        evaluator.evaluate(space.vectors(np.array([7])))
    assert len(oracle.requests) == 5


def test_an_interrupted_search_continues(tmp_path):
    space, cost = space_and_cost()
    state = tmp_path / "state.npz"
    first = Evaluator(Counting(), cost, state=state)
    first.evaluate(space.vectors(np.arange(4)))
    first.save()
    oracle = Counting()
    second = Evaluator(oracle, cost, budget=6, state=state)
    assert second.evaluations == 0
    second.evaluate(space.vectors(np.arange(2, 6)))
    assert oracle.requests == space.vectors(np.arange(4, 6)).tolist()
    assert second.evaluations == 4
    assert second.seconds > 0


def test_evaluations_of_another_oracle_are_not_used(tmp_path):
    space, cost = space_and_cost()
    state = tmp_path / "state.npz"
    first = Evaluator(Counting(), cost, state=state)
    first.evaluate(space.vectors(np.arange(4)))
    first.save()
    oracle = Counting()
    oracle.key = "other"
    Evaluator(oracle, cost, state=state).evaluate(space.vectors(np.arange(2)))
    assert len(oracle.requests) == 2


def test_a_damaged_state_is_refused_with_a_hint(tmp_path):
    state = tmp_path / "state.npz"
    state.write_bytes(b"no archive")
    with pytest.raises(UserError, match="Remove the file"):
        Evaluator(Counting(), space_and_cost()[1], state=state)


@pytest.mark.parametrize(
    "change",
    [
        {"vectors": np.zeros((3, 9), np.uint8)},
        {"vectors": np.zeros(3, np.uint8)},
        {"vectors": np.zeros((3, 4))},
        {"right": np.zeros(2, np.int64)},
        {"right": np.array(0)},
        {"right": np.full(3, 101)},
        {"right": np.full(3, -1)},
        {"right": np.zeros(3)},
        {"seconds": np.full(3, np.nan)},
        {"seconds": np.full(3, -1.0)},
        {"seconds": np.array(["a"] * 3)},
        {"right": None},
        {"expected": np.full(3, np.nan)},
        {"expected": np.full(3, 100.5)},
        {"expected": np.zeros(2)},
        {"expected": None},
    ],
    ids=range(16),
)
def test_a_state_of_a_wrong_structure_is_refused(tmp_path, change):
    state, (space, cost) = tmp_path / "state.npz", space_and_cost()
    evaluator = Evaluator(Counting(), cost, state=state)
    evaluator.evaluate(space.vectors(np.arange(3)))
    evaluator.save()
    with np.load(state) as file:
        arrays = {**file, **change}
    np.savez(state, **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(UserError, match=r"cannot be read: .* Remove the file") as caught:
        Evaluator(Counting(), cost, state=state)
    assert caught.value.where == str(state)


@pytest.mark.parametrize("budget", [0, -1])
def test_refuses_no_budget(budget):
    with pytest.raises(ValueError, match=f"at least 1, not {budget}"):
        Evaluator(Counting(), space_and_cost()[1], budget=budget)


def test_low_fidelity_evaluations_count_towards_the_budget():
    space, cost = space_and_cost()
    evaluator = Evaluator(Counting(), cost, budget=5)
    prices = [Price(1, 10, 0.1, 0.25)] * 10
    for price in prices:
        evaluator.spend(price)
    assert evaluator.left == 4
    assert evaluator.spent == pytest.approx(1)
    assert evaluator.seconds == 2.5
    assert evaluator.low_fidelity == tuple(prices)
    evaluator.spend(Price(15, 10, 1.5, 0))
    assert evaluator.left == 2
    with pytest.raises(OutOfBudgetError):
        evaluator.evaluate(space.vectors(np.arange(4)))
    assert evaluator.evaluations == 2
    with pytest.raises(ValueError, match="must be at least 0, not -1, 0"):
        Price(1, 1, -1, 0)
