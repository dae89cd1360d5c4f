"""The search of designs, against all assignments on all accelerators of a small network."""

import numpy as np
import pytest

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.assignment.space import Space
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.design_cost import METRICS, DesignCost
from hawx_hw.search.design_search import search_designs
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import SearchResult
from tests.search.small import BLOCKS, small_graph

SPACE = Space.by_layer(small_graph(), BLOCKS)


class Sized(AcceleratorConfig):
    """Config of an architecture that no other room contains."""

    width: int

    @property
    def size(self) -> str:
        return f"{self.width} wide"


ACCELERATORS = [Sized(architecture="fake", width=width, clock_mhz=100.0) for width in (4, 2, 8)]
ENERGIES = [5.0, 2.0, 1.0]
IMAGES = 200


class Known:
    """Every unit under a coarser block costs some images, the first one the most."""

    key = "known"
    images = IMAGES
    exact = 190

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        return 190 - (vectors * np.array([9, 5, 3, 1])).sum(axis=1)


class Scores:
    """Right but for a factor."""

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        return 1.5 * 100 * (190 - Known()(np.asarray(vectors))) / IMAGES

    @property
    def table(self) -> np.ndarray:
        return np.arange(3) * np.array([9.0, 5.0, 3.0, 1.0])[:, None] * 0.75


def predict(vector: np.ndarray, accelerator: int) -> dict[str, float] | None:
    """Mixtures cost area; the second accelerator is small and slow, the third holds no mixtures."""
    width = ACCELERATORS[accelerator].width
    kinds = len(set(vector.tolist()))
    if width == 8 and kinds > 1:
        return None
    energy = float(np.array(ENERGIES)[vector] @ SPACE.macs) / 1e3 + kinds
    latency = 1e4 / (width + 12)
    return {
        "energy_nj": energy + 0.1 * width,
        "power_mw": energy / latency,
        "area_um2": 10.0 * (width + 12) * kinds,
        "latency_us": latency,
    }


@pytest.fixture(autouse=True)
def architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    """An architecture with a proposal of its own: the first units alike, the others alike."""

    class Fake:
        def propose(self, space, scores, costs, variants):
            assert list(variants) == ACCELERATORS[: len(variants)] or variants == ACCELERATORS[2:]
            return [np.array([[1, 1, 2, 2], [0, 0, 2, 2]])]

    monkeypatch.setitem(ARCHITECTURES, "fake", Fake())


def designs(objective: str = "energy_nj") -> DesignCost:
    return DesignCost(SPACE, len(ACCELERATORS), predict, objective, ENERGIES)


def problem(cost, budget=None) -> Problem:
    reference = (5.0, float(cost(SPACE.uniform(0)[None])[cost.objective][0]))
    return Problem(SPACE, Evaluator(Known(), cost, budget=budget), reference, Scores())


def true_front() -> set[tuple]:
    """All assignments on all accelerators that nothing is as good as: by comparing every two."""
    every = []
    for vector in SPACE.vectors(np.arange(SPACE.size)):
        drop = 100 * (190 - int(Known()(vector[None])[0])) / IMAGES
        for accelerator in range(len(ACCELERATORS)):
            metrics = predict(vector, accelerator)
            if metrics:
                point = drop, *(metrics[name] for name in METRICS)
                every.append((tuple(vector.tolist()), accelerator, point))
    points = np.array([point for _, _, point in every])
    front = set()
    for vector, accelerator, point in every:
        dominated = (points <= point).all(axis=1) & (points < point).any(axis=1)
        if not dominated.any():
            front.add((vector, accelerator))
    return front


def searched(name: str, given: Problem, cost: DesignCost) -> SearchResult:
    return search_designs(name, given, cost, ACCELERATORS)


def test_an_exhaustive_search_gives_the_whole_front() -> None:
    cost = designs()
    result = searched("exhaustive", problem(MultiplierEnergy(SPACE, ENERGIES)), cost)
    assert {(point.vector, point.accelerator) for point in result.front} == true_front()


def test_hawx_comes_near_it_with_half_of_the_evaluations() -> None:
    cost = designs()
    result = searched("hawx", problem(cost), cost)
    whole = searched("exhaustive", problem(cost), cost)
    assert result.hypervolume >= 0.95 * whole.hypervolume
    assert result.evaluations < SPACE.size / 2


@pytest.mark.parametrize("name", ["exhaustive", "hawx"])
def test_points_have_the_metrics_of_their_accelerator(name: str) -> None:
    cost = designs()
    given = problem(cost if name == "hawx" else MultiplierEnergy(SPACE, ENERGIES))
    result = searched(name, given, cost)
    # Of designs, whatever the search itself weighed.
    assert result.reference == (5.0, float(cost(SPACE.uniform(0)[None])["energy_nj"][0]))
    for point in result.front:
        assert point.accelerator is not None
        assert dict(point.metrics) == predict(np.array(point.vector), point.accelerator)
        width = ACCELERATORS[point.accelerator].width
        assert result.size_of(point) == f"{width} wide"
    drops = [point.accuracy_drop for point in result.front]
    assert drops == sorted(drops)
    # A clock is no part of a design.
    assert [each.width for each in result.accelerators] == [4, 2, 8]
    assert all(each.clock_mhz is None for each in result.accelerators)


def test_one_block_everywhere_is_evaluated_first() -> None:
    cost = designs()
    result = searched("hawx", problem(cost, budget=3), cost)
    assert result.evaluations == 3
    assert [set(point.vector) for point in result.uniform] == [{0}, {1}, {2}]
    # Each on the accelerator of least energy.
    assert [point.accelerator for point in result.uniform] == [1, 1, 1]


@pytest.mark.parametrize("budget", [1, 3, 4])
def test_a_budget_is_used_up_and_what_was_evaluated_counts(budget: int) -> None:
    cost = designs()
    given = problem(cost, budget=budget)
    result = searched("hawx", given, cost)
    assert result.evaluations == budget
    assert len(result.uniform) == min(budget, 3)
    assert given.evaluator.left == 0


def test_what_the_architecture_proposes_is_looked_at() -> None:
    cost = designs()
    requested = []
    real = cost.options
    cost.options = lambda vector: (requested.append(tuple(vector)), real(vector))[1]
    searched("hawx", problem(cost, budget=4), cost)
    assert {(1, 1, 2, 2), (0, 0, 2, 2)} <= set(requested)


def test_what_no_accelerator_can_run_is_no_design() -> None:
    cost = DesignCost(SPACE, 1, lambda vector, _: predict(vector, 2), "energy_nj", ENERGIES)
    result = search_designs("hawx", problem(cost), cost, ACCELERATORS[2:])
    assert all(len(set(point.vector)) == 1 for point in result.front)


def test_hawx_refuses_to_search_without_scores() -> None:
    cost = designs()
    given = problem(cost)
    with pytest.raises(ValueError, match="needs scores"):
        searched("hawx", Problem(given.space, given.evaluator, given.reference), cost)
