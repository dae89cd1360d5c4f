"""The images, stored outcomes and tables of the benchmark of promises."""

import math
from pathlib import Path

import numpy as np
import pytest
from promise import (
    Claim,
    Run,
    Selecting,
    _add_runs,
    _claims,
    claim_line,
    least_energy,
    run_line,
)
from promise_cases import Case, Division, Outcomes, halves, search

from hawx_hw.assignment.space import Space
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.config.models import Config
from hawx_hw.datasets import Split
from hawx_hw.graph.pixels import codes
from hawx_hw.search.bound import Paired
from hawx_hw.search.oracle import EmulatedOracle
from hawx_hw.search.selection import selected_front
from tests.search.small import BLOCKS, design_point, small_graph, small_images


def small_pool(count: int, seed: int) -> Split:
    images, labels = small_images(small_graph(), count, seed)
    return Split((images.astype(np.int16) + 128).astype(np.uint8), labels.astype(np.int64))


def test_images_are_divided_anew_and_none_has_two_roles() -> None:
    images = np.arange(20, 61)
    first, again, other = (halves(images, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert set(first.select) | set(first.judge) == set(images)
    assert not set(first.select) & set(first.judge)
    assert (len(first.select), len(first.judge)) == (20, 21)
    assert first.select.tolist() == again.select.tolist() != other.select.tolist()


def test_stored_outcomes_are_those_of_the_oracle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, pool = small_graph(), small_pool(60, 5)
    space = Space.by_layer(graph, BLOCKS)
    change = Compensated(graph, space, codes(pool.images[:10]))
    vectors = np.random.default_rng(2).integers(0, 3, (5, space.units))
    some = np.arange(7, 40)
    part = pool.take(some)
    oracle = EmulatedOracle(space, graph, part.images, part.labels, change=change)
    expected = oracle.differences(vectors).paired()
    outcomes = Outcomes(space, graph, change, pool, tmp_path)
    assert [outcomes.paired(vector, some) for vector in vectors.tolist()] == expected
    assert len(set(expected)) > 2
    # Read back, nothing is run again; other images have a store of their own.
    again = Outcomes(space, graph, change, pool, tmp_path)
    monkeypatch.setattr("hawx_hw.emulation.Emulator.correct", None)
    assert Selecting(again, some).differences(vectors).paired() == expected
    with pytest.raises(TypeError):
        again(1 - vectors % 2)
    monkeypatch.undo()
    Outcomes(space, graph, change, pool.take(some), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_search_is_made_once_and_judged_by_new_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "blocks": ["array(4,4,0)", "array(5,5,0)"],
        "granularity": "layer",
        "objective": "multiplier_energy",
        "budget": 8,
        "images": 40,
        "profile_images": 20,
    }
    config = Config.model_validate(
        {
            "name": "small",
            "network": {"model": "lenet5", "dataset": "digits", "calibration_images": 20},
            "search": settings,
        }
    )
    pool, division = small_pool(300, 6), Division(np.arange(200), np.arange(200, 300))
    graph, learn = small_graph(), small_pool(60, 5)
    one = Case("s", config, graph, learn, pool, np.arange(300), lambda rng: division, "")
    searched = search(one, 0, tmp_path)
    monkeypatch.setattr("promise_cases.SearchRun", None)
    monkeypatch.setattr("promise_cases.race", None)
    stored = search(one, 0, tmp_path)
    assert stored.before == searched.before and stored.raced == searched.raced
    before = searched.before
    assert before.race is None and searched.raced.race is not None
    assert before.select_images == 0 and before.images == 40
    after = selected_front(searched.raced, Selecting(searched.outcomes, division.select))
    assert after.select_images == 200
    runs: dict[tuple[float, str], list[Run]] = {}
    _add_runs(runs, one, division, searched, after)
    assert len(runs) == 9 and all(len(some) == 1 for some in runs.values())
    for (most, _), (each,) in runs.items():
        assert each.judged.images == 100
        # What keeps the constraint takes no less energy than what the oracle finds.
        assert each.judged.drop > most or each.over_lucky >= 0
    monkeypatch.setattr("promise._CLAIMED", 100)
    claims = _claims(0, division, searched, after)
    assert {claim.by for claim in claims} == {"search", "select", "estimate"}


def run(claimed: bool, lost: int, over_lucky: float = 0.0, over_best: float = 0.0) -> Run:
    return Run(claimed, Paired(1000, lost, 0), lost / 20, over_lucky, over_best)


def test_broken_promises_are_those_that_were_made() -> None:
    runs = [run(True, 4), run(True, 6, -0.02, 0.04), run(True, 30), run(False, 9, 0.05)]
    line = run_line((0.5, "bound"), runs)
    # Six of 1,000 may be chance where five are allowed; 30 are not.
    assert line[:4] == ("0.5", "bound", "3 of 4", "2 of 3")
    assert line[4:] == ("9-99 %", "1", "1", "1.23", "3.00", "+0.75 %", "+1.00 %")
    assert run_line((0.5, "bound"), runs[3:])[2:7] == ("0 of 1", "0 of 0", "", "0", "0")


def test_the_oracle_takes_the_least_energy_that_keeps_the_constraint() -> None:
    exact = design_point((0,), 0.0, {"energy_nj": 100.0})
    drops = {(1,): 0.2, (2,): 0.4, (3,): 0.6}
    points = [exact]
    points += [
        design_point(vector, 0.0, {"energy_nj": 90.0 - vector[0]}, ["a"]) for vector in drops
    ]
    for most, energy in ((0.1, 100.0), (0.3, 89.0), (0.5, 88.0), (1.0, 87.0)):
        assert least_energy(points, "energy_nj", most, lambda p: drops[p.vector]) == energy


def test_claims_are_averaged_by_search() -> None:
    claims = [Claim("select", "mixtures", *each) for each in ((0, 0.1), (0, 0.3), (1, -0.6))]
    assert claim_line("select", "mixtures", claims) == (
        *("select", "mixtures", "3", "-0.20"),
        f"{math.sqrt(2) * 0.4 / math.sqrt(2):.2f}",
    )
    assert claim_line("select", "mixtures", claims[:1])[3:] == ("+0.10", "nan")
