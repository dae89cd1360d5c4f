"""What a config leaves out is chosen as by trying everything."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from cycles import lenet5

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.blocks import by_name
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.prediction.choice import PLANNED, choose
from hawx_hw.prediction.choice_result import AcceleratorChoice
from hawx_hw.prediction.designs import DesignPredictor
from hawx_hw.technology import load
from hawx_hw.verification.accelerator_job import cycles_per_image

SYSTOLIC = ARCHITECTURES["systolic"]
TECHNOLOGY = load("generic45")
NETWORKS = {
    "padded": random_graph(np.random.default_rng(4), layers=4, max_size=8, max_channels=9),
    "streams": random_graph(np.random.default_rng(7), layers=5, max_size=7),
}


def config(**keys: Any) -> SystolicConfig:
    return SystolicConfig.model_validate(keys)


def nothing() -> DesignPredictor:
    raise UserError("There are no predictors here")


def memory_energy(plan: Plan) -> float:
    """Energy of the memories, an image, in nJ."""
    total, cycles = 0.0, cycles_per_image(plan)
    for use in plan.accesses():
        macro = TECHNOLOGY.memories.metrics(use.macro, use.width, use.depth)
        total += use.count * cycles * macro.clock_fj
        total += use.count * (use.reads * macro.read_energy_fj + use.writes * macro.write_energy_fj)
    return total / 1e6


def every_shape(multipliers: int) -> list[SystolicConfig]:
    """All arrays of some numbers of multipliers, listed without the code that lists candidates."""
    made = []
    for rows, columns in itertools.product(range(1, multipliers + 1), repeat=2):
        if not 0.9 * multipliers <= rows * columns <= multipliers:
            continue
        for width, count in itertools.product(range(1, columns + 1), repeat=2):
            if columns % width or width % count:
                continue
            made += [
                config(
                    rows=rows,
                    columns=columns,
                    slice_columns=width,
                    weight_rows=read,
                    requantizers=count,
                )
                for read in sorted({-(-rows // beats) for beats in range(1, min(rows, 8) + 1)})
            ]
    return made


def least(graph: Graph, accelerators: list[SystolicConfig], predictor: Any) -> float:
    """The least energy-delay product of all accelerators."""
    products = []
    for accelerator in accelerators:
        plan = SYSTOLIC.plan(graph, accelerator, {})
        if predictor is None:
            products.append(memory_energy(plan) * cycles_per_image(plan))
        else:
            prediction = predictor(plan)
            products.append(prediction.energy_pj.value / 1000 * prediction.latency_us)
    return min(products)


@pytest.fixture(scope="module")
def predictor() -> DesignPredictor:
    return DesignPredictor(SYSTOLIC, TECHNOLOGY, [by_name("exact")])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("predicted", [True, False])
def test_it_is_the_best_of_all(name: str, predicted: bool, predictor: DesignPredictor) -> None:
    graph = NETWORKS[name]
    made = choose(
        graph,
        config(multipliers=6),
        TECHNOLOGY.memories,
        (lambda: predictor) if predicted else nothing,
    )
    accelerators = every_shape(6)
    assert made.candidates == len(accelerators)
    best = made.considered[0]
    expected = least(graph, accelerators, predictor if predicted else None)
    # Of those within 1 % the smallest.
    assert expected * 0.999999 <= best.product <= expected * 1.010001
    near = [each for each in made.considered if each.product <= expected * 1.01]
    assert best.area_um2 == min(each.area_um2 for each in near)
    chosen = SystolicConfig.model_validate(made.accelerator)
    assert chosen.array().multipliers == best.numbers["rows"] * best.numbers["columns"]
    assert {key: made.accelerator[key] for key in made.chosen} == best.numbers


def lenet5_choice(predictor: DesignPredictor, **keys: Any) -> AcceleratorChoice:
    return choose(lenet5(), config(**keys), TECHNOLOGY.memories, lambda: predictor)


def test_an_uneven_array_is_as_fast_as_by_hand(predictor: DesignPredictor) -> None:
    """By the rule of thumb 13 x 9 takes 9,304 cycles; by hand 6,479 were reached."""
    made = lenet5_choice(predictor, rows=13, columns=9)
    assert made.considered[0].cycles <= 6479
    assert made.chosen == ("slice_columns", "weight_rows", "requantizers")
    assert (made.accelerator["slice_columns"], made.accelerator["requantizers"]) == (9, 3)
    assert len(made.considered) == PLANNED


def test_the_shipped_array_stays_as_it_was(predictor: DesignPredictor) -> None:
    made = lenet5_choice(predictor, rows=8, columns=8)
    by_hand = config(rows=8, columns=8).array()
    assert SystolicConfig.model_validate(made.accelerator).array() == by_hand


def test_what_is_given_is_kept_and_the_choice_is_always_the_same() -> None:
    graph = NETWORKS["padded"]
    given = config(multipliers=12, requantizers=2, weight_rows=1, clock_mhz=100)
    first, second = (choose(graph, given, TECHNOLOGY.memories, nothing) for _ in range(2))
    assert first == second
    assert first.chosen == ("rows", "columns", "slice_columns")
    assert (first.accelerator["requantizers"], first.accelerator["weight_rows"]) == (2, 1)
    assert (first.basis, first.reason) == ("memories", "There are no predictors here")
    assert first.considered[0].latency_us is None


def test_nothing_is_predicted_where_nothing_is_left_out() -> None:
    def fails() -> DesignPredictor:
        raise AssertionError("not needed")

    complete = config(rows=4, columns=4, slice_columns=2, weight_rows=3, requantizers=1)
    made = choose(NETWORKS["padded"], complete, TECHNOLOGY.memories, fails)
    assert made.accelerator == complete.hardware()
    assert (made.chosen, made.candidates, made.considered) == ((), 1, ())


def test_limits_of_memories_are_kept() -> None:
    graph = NETWORKS["padded"]
    free = choose(graph, config(multipliers=16), TECHNOLOGY.memories, nothing)
    needs = {
        SYSTOLIC.plan(graph, each.accelerator, {}).activation_bytes
        for each in SYSTOLIC.candidates(config(multipliers=16), graph)
    }
    limited = config(multipliers=16, activation_kib=-(-min(needs) // 1024))
    assert max(needs) > 1024 * limited.activation_kib
    made = choose(graph, limited, TECHNOLOGY.memories, nothing)
    for each in made.considered:
        plan = SYSTOLIC.plan(
            graph, limited.model_copy(update={"multipliers": None, **each.numbers}), {}
        )
        assert plan.activation_bytes <= 1024 * limited.activation_kib
    assert made.considered[0].product >= free.considered[0].product * 0.99
    with pytest.raises(UserError, match=r"does not fit the chosen memories"):
        choose(lenet5(), config(rows=2, columns=2, parameter_kib=1), TECHNOLOGY.memories, nothing)


def test_blocks_of_the_hardware_play_no_part() -> None:
    """The choice is for exact blocks, whatever the PEs will hold."""
    graph = NETWORKS["padded"]
    blocks = [{"blocks": ["array(2,2,0)"]}]
    made = choose(graph, config(multipliers=9, pe_blocks=blocks), TECHNOLOGY.memories, nothing)
    plain = choose(graph, config(multipliers=9), TECHNOLOGY.memories, nothing)
    assert made.considered == plain.considered
    assert made.accelerator["pe_blocks"] == [{**blocks[0], "rows": None, "columns": None}]


def test_the_smallest_of_equals_wins() -> None:
    from hawx_hw.prediction.choice import _best_first
    from hawx_hw.prediction.choice_result import ConsideredAccelerator

    def one(energy: float, area: float) -> Any:
        return (
            ConsideredAccelerator(
                size="", numbers={}, cycles=10, latency_us=2.0, energy_nj=energy, area_um2=area
            ),
            object(),
        )

    pairs = [one(100.0, 9.0), one(100.9, 8.0), one(101.2, 1.0), one(150.0, 0.5)]
    listed = [pair[1] for pair in pairs]
    order = [pair[0].energy_nj for pair in _best_first(pairs[::-1], listed)]
    assert order == [100.9, 100.0, 101.2, 150.0]
    # Of equally small ones the first candidate, though another one has a smaller product.
    pairs = [one(100.4, 8.0), one(100.0, 8.0)]
    order = [pair[0].energy_nj for pair in _best_first(pairs, [pair[1] for pair in pairs])]
    assert order == [100.4, 100.0]
