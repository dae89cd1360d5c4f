"""The units that a config leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from hawx_hw.architectures.simt import candidates as module
from hawx_hw.architectures.simt.candidates import candidates
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Graph
from tests.architectures.simt.networks import lenet5
from tests.search.small import small_graph

GRAPH = small_graph()


def config(**numbers: Any) -> SimtConfig:
    return SimtConfig.model_validate(numbers)


@pytest.mark.parametrize(
    "given",
    [
        {"lanes": 6, "warps": 2},
        {"multipliers": 10, "registers": 4, "warps": 2},
        {"multipliers": 6, "word": 2, "registers": 4},
    ],
)
def test_every_candidate_is_a_complete_unit_that_runs_the_network(given: dict[str, int]) -> None:
    """Cycles are those of its plan, and what the config gives is kept."""
    made = candidates(GRAPH, config(**given))
    assert len({each.accelerator.unit() for each in made}) == len(made) > 1
    for each in made[:: max(1, len(made) // 4)]:
        accelerator = each.accelerator
        assert accelerator.multipliers is None
        # Nothing is left to the rule of thumb.
        assert accelerator.units() == [accelerator]
        planned = plan(GRAPH, accelerator)
        assert each.cycles == planned.cycles().core
        assert list(each.accesses) == list(planned.accesses())
        for key in given.keys() - {"multipliers"}:
            assert getattr(accelerator, key) == given[key]
        assert 0.9 * given.get("multipliers", 0) <= accelerator.lanes <= max(given.values())


def test_other_keys_stay_as_they_are() -> None:
    blocks = [{"blocks": ["drum(4)"]}]
    given = config(lanes=4, taps=9, parameters="loaded", parameter_kib=70, lane_blocks=blocks)
    for each in candidates(GRAPH, given):
        left = each.accelerator
        assert (left.taps, left.parameters, left.parameter_kib) == (9, "loaded", 70)
        assert left.lane_blocks == given.lane_blocks


def test_one_where_nothing_is_left_out() -> None:
    complete = config(lanes=4, cluster=4, word=2, warps=2, registers=5, requantizers=1)
    (only,) = candidates(GRAPH, complete)
    assert only.accelerator == complete


def test_of_many_sizes_the_fastest_are_tried() -> None:
    given = config(multipliers=32, warps=2, registers=8, requantizers=1)
    first: dict[tuple[int, int, int], SimtConfig] = {}
    for each in given.units():
        first.setdefault((each.lanes, each.cluster, each.word), each)
    cycles = sorted((plan(GRAPH, each).cycles().core, size) for size, each in first.items())
    assert len(cycles) > 3
    made = {
        (each.accelerator.lanes, each.accelerator.cluster, each.accelerator.word)
        for each in candidates(GRAPH, given)
    }
    assert made == {size for _, size in cycles[:3]}


class Planned:
    """Stands for a plan: fewer cycles with larger words."""

    def __init__(self, unit: SimtConfig):
        assert unit.word is not None
        self.core = 1000 - unit.word

    def cycles(self) -> Planned:
        return self

    def accesses(self) -> tuple[()]:
        return ()


def test_units_that_cannot_run_the_network_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    given = config(multipliers=32)
    refuses: set[tuple[str, object]] = set()

    def planned(graph: Graph, unit: SimtConfig) -> Planned:
        for key, number in refuses:
            if getattr(unit, key) == number:
                raise UserError(f"{key} {number} cannot run it")
        return Planned(unit)

    def left() -> list[SimtConfig]:
        return [each.accelerator for each in candidates(GRAPH, given)]

    monkeypatch.setattr(module, "plan", planned)
    free = left()
    fastest = max(each.word or 0 for each in free)
    refuses = {("word", fastest)}
    assert left() and all((each.word or 0) < fastest for each in left())
    # Where the first unit of a size is refused, another one counts.
    refuses = {("registers", given.units()[0].registers)}
    assert left() == [each for each in free if each.registers != given.units()[0].registers]
    refuses = {("architecture", "simt")}
    with pytest.raises(UserError, match="architecture simt cannot run it"):
        left()


def test_units_whose_memories_are_too_small_are_left_out() -> None:
    numbers = {"lanes": 16, "cluster": 16, "warps": 2, "registers": 8, "requantizers": 1}
    free = candidates(lenet5(), config(**numbers))
    needs = [plan(lenet5(), each.accelerator).activation_bytes for each in free]
    least, most = (-(-need // 1024) for need in (min(needs), max(needs)))
    assert least < most
    left = candidates(lenet5(), config(**numbers, activation_kib=least))
    assert 0 < len(left) < len(free)
    with pytest.raises(UserError, match="does not fit the chosen memories"):
        candidates(lenet5(), config(**numbers, parameter_kib=1))
