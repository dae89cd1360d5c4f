"""The race: who leaves, what it costs, and which images it sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.datasets.dataset import Split
from hawx_hw.search.bound import Paired
from hawx_hw.search.differences import Differences
from hawx_hw.search.race import race
from hawx_hw.search.tuning import SearchTuning
from tests.search.small import design_point, search_result


def point(number, drop, energy, mixed=True, **more):
    vector = (number, 0 if mixed else number)
    return design_point(vector, drop, {"energy_nj": energy}, ["a"] if number else [], **more)


EXACT = point(0, 0.0, 100.0, mixed=False)
UNIFORM = point(1, 0.3, 70.0, mixed=False)
COARSE = point(2, 20.0, 40.0, mixed=False)
LUCKY = point(3, 0.0, 75.0)
UNLUCKY = point(4, 0.6, 60.0)
POOR = point(5, 12.0, 50.0)
#: Probability of a loss, in per cent; a hundredth of an image is gained.
REAL = {1: 0.2, 2: 20.0, 3: 1.5, 4: 0.3, 5: 9.0, 6: 0.25}


def numbered(count: int) -> Split:
    images = np.arange(count, dtype="<u4").view(np.uint8).reshape(-1, 1, 2, 2)
    return Split(images, np.zeros(count, dtype=np.int64))


class Drawn:
    """Loses images with given probabilities, the same image in the same way; it records them."""

    def __init__(self):
        self.seen: list[int] = []
        self.runs: dict[int, int] = {}

    def __call__(self, split: Split):
        numbers = np.ascontiguousarray(split.images).reshape(-1).view("<u4")
        self.seen += numbers.tolist()
        outer = self

        class Some:
            def differences(self, vectors, progress=None):
                right = np.ones((len(vectors), len(numbers)), dtype=bool)
                for row, vector in zip(right, vectors, strict=True):
                    luck = np.random.default_rng(int(vector[0])).random(100_000)[numbers]
                    row[:] = luck > REAL[int(vector[0])] / 100
                    outer.runs[int(vector[0])] = outer.runs.get(int(vector[0]), 0) + len(numbers)
                return Differences.of(np.ones(len(numbers), dtype=bool), right)

        return Some()


def result(front=(EXACT, LUCKY, POOR), behind=(UNLUCKY,)):
    uniform = (EXACT, UNIFORM, COARSE)
    given = search_result(front, behind=behind, uniform=uniform)
    # 100 images an evaluation.
    return replace(given, evaluations=1000)


def test_those_that_chance_favored_leave_and_those_it_wronged_stay() -> None:
    oracle = Drawn()
    raced = race(result(), numbered(20_000), oracle, SearchTuning())
    assert [p.vector for p in raced.front] == [EXACT.vector]
    assert [p.vector for p in raced.behind] == [UNLUCKY.vector]
    # What must be beaten is judged in any case.
    assert [p.vector for p in raced.uniform] == [EXACT.vector, UNIFORM.vector, COARSE.vector]
    (unlucky,) = raced.behind
    assert isinstance(unlucky.race, Paired)
    assert unlucky.race.drop == pytest.approx(REAL[4], abs=0.15)
    assert raced.front[0].race is None
    summary = raced.race
    assert summary is not None
    assert (summary.started, summary.finished) == (5, 2)
    assert summary.runs == sum(oracle.runs.values())
    # No image twice.
    assert len(set(oracle.seen)) == len(oracle.seen) == summary.images == unlucky.race.images


def test_the_price_is_a_share_of_the_searchs_evaluations() -> None:
    for share in (0.5, 2.0):
        oracle, tuning = Drawn(), SearchTuning(race_share=share)
        raced = race(result(), numbered(90_000), oracle, tuning)
        assert 0.25 * share * 100_000 <= sum(oracle.runs.values()) <= share * 100_000
        assert raced.race is not None and raced.race.runs == sum(oracle.runs.values())
        # Most runs are of those that stay.
        assert min(oracle.runs[1], oracle.runs[4]) > 2 * max(oracle.runs[2], oracle.runs[5])


def test_with_too_few_images_all_are_judged() -> None:
    for count in (0, 99):
        oracle = Drawn()
        raced = race(result(), numbered(count), oracle, SearchTuning())
        assert [p.vector for p in raced.designs] == [p.vector for p in result().designs]
        assert raced.race is not None and raced.race.images == 0
        assert raced.race.started == raced.race.finished == 5
        assert oracle.seen == []


def test_what_chance_explains_lets_no_design_leave() -> None:
    # It costs more than another and really is a little worse: these images cannot show it.
    close = point(6, 0.0, 71.0)
    raced = race(result((EXACT, close), ()), numbered(20_000), Drawn(), SearchTuning())
    assert raced.front[1].vector == close.vector
    (uniform,) = (p for p in raced.uniform if p.vector == UNIFORM.vector)
    assert raced.front[1].race.drop > uniform.race.drop


def test_a_design_stays_that_is_better_in_another_metric() -> None:
    metrics = {"energy_nj": 80.0, "area_um2": 1.0}
    slow = design_point((3, 0), 0.0, metrics, ["a"])
    best = design_point((1, 1), 0.3, {"energy_nj": 70.0, "area_um2": 2.0}, ["a"])
    given = result((best, slow), ())
    given = replace(given, uniform=(best,))
    raced = race(given, numbered(20_000), Drawn(), SearchTuning())
    assert [p.vector for p in raced.front] == [best.vector, slow.vector]


def test_an_assignment_stays_as_long_as_one_of_its_accelerators_does() -> None:
    def on(number, accelerator, energy, area):
        metrics = {"energy_nj": energy, "area_um2": area}
        return design_point((number, number), 0.3, metrics, ["a"], accelerator=accelerator)

    best, worse, other = on(1, 0, 70.0, 5.0), on(3, 0, 80.0, 6.0), on(3, 1, 90.0, 1.0)
    for front, stays in (((best, worse, other), True), ((best, worse), False)):
        given = result(front, ())
        given = replace(given, uniform=(best,))
        raced = race(given, numbered(20_000), Drawn(), SearchTuning())
        assert ((3, 3) in [p.vector for p in raced.front]) == stays


def test_only_the_exact_design_runs_no_race() -> None:
    given = result((EXACT,), ())
    given = replace(given, uniform=(EXACT,))
    raced = race(given, numbered(1000), Drawn(), SearchTuning())
    assert raced.race is not None and raced.race.runs == 0
    assert raced.front == (EXACT,)


def test_a_race_is_a_function_of_its_images() -> None:
    first, second = (race(result(), numbered(5000), Drawn(), SearchTuning()) for _ in range(2))
    assert first == second
