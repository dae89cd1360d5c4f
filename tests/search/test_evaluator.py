import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.evaluator import Evaluator, OutOfBudgetError
from hawx_hw.search.oracle import EmulatedOracle
from tests.search.small import BLOCKS, small_graph, small_images


class Counting:
    """Right are as many of 100 images as the vector's digits add up to; tells who asked."""

    key, images, exact = "counting", 100, 50

    def __init__(self):
        self.calls = []

    def __call__(self, vectors):
        self.calls += vectors.tolist()
        return vectors.sum(axis=1)


def space_and_cost():
    space = Space.by_layer(small_graph(), BLOCKS)
    return space, MultiplierEnergy(space, (3.0, 2.0, 1.0))


@pytest.mark.parametrize("compensated", [False, True])
def test_the_oracle_counts_what_the_reference_gets_right(compensated):
    graph = small_graph()
    images, labels = small_images(graph)
    space = Space.by_filter(graph, BLOCKS)
    change = Compensated(graph, space, images[:10]) if compensated else None
    oracle = EmulatedOracle(space, graph, images, labels, change=change, threads=1)
    vectors = np.random.default_rng(2).integers(0, 3, (9, space.units))
    wanted = []
    for vector in vectors:
        run_on = change(vector) if change else graph
        codes = reference.run(run_on, images, space.assignment(vector))
        wanted.append(int((codes.argmax(axis=1) == labels).sum()))
    assert oracle(vectors).tolist() == wanted
    assert len(set(wanted)) > 3
    assert oracle.exact == (reference.run(graph, images).argmax(axis=1) == labels).sum()


def test_keys_tell_what_the_counts_depend_on():
    graph = small_graph()
    images, labels = small_images(graph)
    space = Space.by_layer(graph, BLOCKS)
    keys = [
        EmulatedOracle(space, graph, images, labels, threads=1).key,
        EmulatedOracle(space, graph, images[1:], labels[1:], threads=1).key,
        EmulatedOracle(space, graph, images, labels[::-1], threads=1).key,
        EmulatedOracle(Space.by_layer(graph, BLOCKS[:2]), graph, images, labels, threads=1).key,
        EmulatedOracle(Space.by_filter(graph, BLOCKS), graph, images, labels, threads=1).key,
        EmulatedOracle(
            space, graph, images, labels, change=Compensated(graph, space, images), threads=1
        ).key,
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == EmulatedOracle(space, graph, images, labels, threads=2).key


def test_energy_is_multiplications_times_that_of_the_block():
    space = Space.by_layer(small_graph(), BLOCKS)
    cost = MultiplierEnergy(space, (3.0, 2.0, 1.5), rest=1000, rest_fj=7.0)
    macs = [2 * 9 * 64, 3 * 18 * 4, 15, 20]
    wanted = (macs[0] * 2.0 + macs[1] * 3.0 + macs[2] * 1.5 + macs[3] * 2.0 + 7000) / 1000
    assert cost(np.array([1, 0, 2, 1]))["energy_pj"] == pytest.approx([wanted])
    assert cost.table[0].tolist() == [macs[0] * e / 1000 for e in (3.0, 2.0, 1.5)]
    with pytest.raises(ValueError, match="3 positive numbers"):
        MultiplierEnergy(space, (3.0, 2.0))
    with pytest.raises(ValueError, match="The rest must be at least 0"):
        MultiplierEnergy(space, (3.0, 2.0, 1.0), rest=-1)


def test_what_is_asked_again_is_free():
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
    assert oracle.calls == [[0, 1, 0, 2], [1, 1, 1, 1]]
    assert evaluator.vectors.tolist() == oracle.calls
    assert evaluator.points.tolist() == points[:2].tolist()


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
    assert len(oracle.calls) == 5


def test_seconds_are_a_budget_too(monkeypatch):
    space, cost = space_and_cost()
    times = iter(np.arange(0, 100, 2.0))
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    evaluator = Evaluator(Counting(), cost, seconds=3)
    with pytest.raises(OutOfBudgetError):
        evaluator.evaluate(space.vectors(np.arange(80)))
    # Batches of 8 that take two seconds each.
    assert evaluator.evaluations == 16
    assert evaluator.seconds == pytest.approx(4)


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
    assert oracle.calls == space.vectors(np.arange(4, 6)).tolist()
    assert second.evaluations == 4
    assert second.seconds > 0


def test_evaluations_of_another_oracle_are_not_taken(tmp_path):
    space, cost = space_and_cost()
    state = tmp_path / "state.npz"
    first = Evaluator(Counting(), cost, state=state)
    first.evaluate(space.vectors(np.arange(4)))
    first.save()
    oracle = Counting()
    oracle.key = "other"
    Evaluator(oracle, cost, state=state).evaluate(space.vectors(np.arange(2)))
    assert len(oracle.calls) == 2


def test_a_damaged_state_is_told(tmp_path):
    state = tmp_path / "state.npz"
    state.write_bytes(b"no archive")
    with pytest.raises(UserError, match="Remove the file"):
        Evaluator(Counting(), space_and_cost()[1], state=state)


@pytest.mark.parametrize("budget", [0, -1])
def test_refuses_no_budget(budget):
    with pytest.raises(ValueError, match=f"at least 1, not {budget}"):
        Evaluator(Counting(), space_and_cost()[1], budget=budget)
    with pytest.raises(ValueError, match=f"positive, not {budget}"):
        Evaluator(Counting(), space_and_cost()[1], seconds=budget)


def test_runs_of_some_images_count_towards_the_budget():
    space, cost = space_and_cost()
    evaluator = Evaluator(Counting(), cost, budget=5)
    for _ in range(10):
        evaluator.spend(0.1, 0.25)
    assert evaluator.left == 4
    assert evaluator.spent == pytest.approx(1)
    assert evaluator.seconds == 2.5
    evaluator.spend(1.5, 0)
    assert evaluator.left == 2
    with pytest.raises(OutOfBudgetError):
        evaluator.evaluate(space.vectors(np.arange(4)))
    assert evaluator.evaluations == 2
    with pytest.raises(ValueError, match="must be at least 0, not -1, 0"):
        evaluator.spend(-1, 0)
