"""What an assignment costs on the best of several accelerators."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.search.design_cost import METRICS, DesignCost
from tests.search.small import BLOCKS, small_graph

SPACE = Space.by_layer(small_graph(), BLOCKS)
VECTORS = np.array([[0, 0, 0, 0], [0, 1, 2, 2], [2, 2, 2, 2]])


def predict(vector: np.ndarray, accelerator: int) -> dict[str, float] | None:
    """Each accelerator is best in one metric; the last runs no mixture."""
    if accelerator == 3 and len(set(vector.tolist())) > 1:
        return None
    values = 10.0 + np.arange(4) + vector.sum()
    values[accelerator] = 1.0 + vector.sum()
    return {**dict(zip(METRICS, values.tolist(), strict=True)), "cycles": 7.0}


def cost(objective: str = "energy_nj", accelerators: int = 4) -> DesignCost:
    return DesignCost(SPACE, accelerators, predict, objective, [5.0, 2.0, 1.0])


@pytest.mark.parametrize(("number", "objective"), list(enumerate(METRICS[:3])))
def test_the_accelerator_of_the_least_objective_counts(number: int, objective: str) -> None:
    metrics = cost(objective)(VECTORS)
    for index, vector in enumerate(VECTORS):
        best = predict(vector, number)
        assert {name: metrics[name][index] for name in METRICS} == {n: best[n] for n in METRICS}


def test_an_accelerator_that_cannot_run_it_does_not_count() -> None:
    latencies = cost("latency_us")(VECTORS)["latency_us"].tolist()
    assert latencies == [1.0, 10.0 + 3 + 5, 1.0 + 8]
    assert list(cost().options(VECTORS[1])) == [0, 1, 2]


def test_what_no_accelerator_can_run_costs_infinitely_much() -> None:
    none = DesignCost(SPACE, 1, lambda *_: None, "energy_nj", [5.0, 2.0, 1.0])
    assert all(np.isinf(values).all() for values in none(VECTORS).values())


def test_an_assignment_is_predicted_once() -> None:
    calls = []

    def counted(vector: np.ndarray, accelerator: int) -> dict[str, float] | None:
        calls.append((tuple(vector.tolist()), accelerator))
        return predict(vector, accelerator)

    designs = DesignCost(SPACE, 2, counted, "energy_nj", [5.0, 2.0, 1.0])
    designs(VECTORS)
    designs(VECTORS[::-1])
    designs.options(VECTORS[0])
    assert len(calls) == len(set(calls)) == 2 * len(VECTORS)


def test_the_table_is_the_energy_of_the_multiplications_in_nj() -> None:
    table = cost().table
    assert table.shape == (4, 3)
    assert table[0].tolist() == pytest.approx([2 * 9 * 64 * e / 1e6 for e in (5.0, 2.0, 1.0)])


def test_refuses_what_is_no_choice() -> None:
    with pytest.raises(ValueError, match="accelerators must be at least 1, not 0"):
        cost(accelerators=0)
    with pytest.raises(ValueError, match=r"objective must be one of energy_nj, .*, not 'beauty'"):
        cost("beauty")
