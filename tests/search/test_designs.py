"""The search of designs, against all assignments on all shapes of a small network."""

import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.scores.predictor import AccuracyPredictor
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.design_cost import FIGURES, DesignCost
from hawx_hw.search.designs import search_designs
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.problem import Problem
from tests.search.small import BLOCKS, small_graph

SPACE = Space.by_layer(small_graph(), BLOCKS)
SHAPES = [(4, 4), (2, 8), (8, 8)]
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


def forecast(vector: np.ndarray, shape: tuple[int, int]) -> dict[str, float] | None:
    """Mixtures cost area; the second shape is small and slow, the third holds no mixtures."""
    rows, columns = shape
    kinds = len(set(vector.tolist()))
    if shape == (8, 8) and kinds > 1:
        return None
    energy = float(np.array(ENERGIES)[vector] @ SPACE.macs) / 1e3 + kinds
    latency = 1e4 / (rows * columns)
    return {
        "energy_nj": energy + 0.1 * rows,
        "power_mw": energy / latency,
        "area_um2": 10.0 * rows * columns * kinds,
        "latency_us": latency,
    }


def designs(objective: str = "energy_nj") -> DesignCost:
    return DesignCost(SPACE, SHAPES, forecast, objective, ENERGIES)


def problem(cost, budget=None) -> Problem:
    reference = (5.0, float(cost(SPACE.uniform(0)[None])[cost.objective][0]))
    return Problem(SPACE, Evaluator(Known(), cost, budget=budget), reference, Scores())


def true_front() -> set[tuple]:
    """All assignments on all shapes that nothing is as good as: by comparing every two."""
    rows = []
    for vector in SPACE.vectors(np.arange(SPACE.size)):
        lost = 100 * (190 - int(Known()(vector[None])[0])) / IMAGES
        for shape in SHAPES:
            told = forecast(vector, shape)
            if told:
                rows.append((tuple(vector.tolist()), shape, (lost, *(told[f] for f in FIGURES))))
    points = np.array([row[2] for row in rows])
    kept = set()
    for vector, shape, point in rows:
        dominated = (points <= point).all(axis=1) & (points < point).any(axis=1)
        if not dominated.any():
            kept.add((vector, shape))
    return kept


@pytest.mark.parametrize("name", ["exhaustive", "hawx"])
def test_front_of_designs(name: str) -> None:
    cost = designs()
    given = problem(cost if name == "hawx" else MultiplierEnergy(SPACE, ENERGIES))
    result, _ = search_designs(name, given, cost, SHAPES)
    # Of designs, whatever the search itself weighed.
    assert result.reference == (5.0, float(cost(SPACE.uniform(0)[None])["energy_nj"][0]))
    found = {(each.vector, (each.shape["rows"], each.shape["columns"])) for each in result.front}
    truth = true_front()
    if name == "exhaustive":
        assert found == truth
    else:
        every = problem(cost)
        whole, _ = search_designs("exhaustive", every, cost, SHAPES)
        assert result.hypervolume >= 0.95 * whole.hypervolume
        assert result.evaluations < SPACE.size / 2
    for each in result.front:
        shape = each.shape["rows"], each.shape["columns"]
        assert dict(each.cost) == forecast(np.array(each.vector), shape)
    lost = [each.lost for each in result.front]
    assert lost == sorted(lost)


def test_one_block_everywhere_is_run_first_and_told_of() -> None:
    cost = designs()
    given = problem(cost, budget=3)
    result, _ = search_designs("hawx", given, cost, SHAPES)
    assert result.evaluations == 3
    assert [set(each.vector) for each in result.uniform] == [{0}, {1}, {2}]
    # Each on the shape of least energy.
    assert all(each.shape == {"rows": 2, "columns": 8} for each in result.uniform)


@pytest.mark.parametrize("budget", [1, 3, 4])
def test_a_budget_is_kept_and_what_was_run_counts(budget: int) -> None:
    cost = designs()
    given = problem(cost, budget=budget)
    result, _ = search_designs("hawx", given, cost, SHAPES)
    assert result.evaluations == budget
    assert len(result.uniform) == min(budget, 3)
    assert given.evaluator.left == 0


def test_accuracy_is_foreseen_from_the_other_runs_alone() -> None:
    cost = designs()
    given = problem(cost)
    result, _ = search_designs("hawx", given, cost, SHAPES)
    known, points = given.evaluator.vectors, given.evaluator.points
    each = result.front[-1]
    others = [i for i, vector in enumerate(known.tolist()) if tuple(vector) != each.vector]
    assert len(others) == len(known) - 1
    predictor = AccuracyPredictor(
        0.95, Scores().predict(known[others]), 0.95 - points[others, 0] / 100
    )
    value, _ = predictor.predict(Scores().predict(np.array([each.vector])))
    assert each.predicted_accuracy["value"] == pytest.approx(value[0])
    assert each.predicted_accuracy["low"] <= value[0] <= each.predicted_accuracy["high"]


def test_an_assignment_costs_what_it_does_on_its_best_shape() -> None:
    vectors = np.stack([SPACE.uniform(2), np.array([0, 1, 2, 2])])
    for objective in FIGURES:
        found = designs(objective)(vectors)
        for row, vector in enumerate(vectors):
            told = [t for t in (forecast(vector, shape) for shape in SHAPES) if t]
            best = min(told, key=lambda t: t[objective])
            assert {name: found[name][row] for name in FIGURES} == {n: best[n] for n in FIGURES}


def test_what_no_shape_can_run_costs_infinitely_much() -> None:
    cost = DesignCost(SPACE, [(8, 8)], forecast, "energy_nj", ENERGIES)
    assert np.isinf(cost(np.array([[0, 1, 2, 2]]))["energy_nj"]).all()
    given = problem(cost)
    result, _ = search_designs("hawx", given, cost, [(8, 8)])
    assert all(len(set(each.vector)) == 1 for each in result.front)
