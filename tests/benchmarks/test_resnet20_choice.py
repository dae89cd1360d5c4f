"""Stored outcomes of ResNet-20's designs, and their choice by the bound."""

from pathlib import Path

import numpy as np
import pytest
from resnet20_choice import Point, by_bound, by_search, front, interval, judge
from resnet20_runs import Runs
from resnet20_search import bound_cells, old_cells

from hawx_hw.assignment.space import Space
from hawx_hw.compensation import compensate
from hawx_hw.datasets import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.pixels import codes
from hawx_hw.search.bound import Paired, upper_drop
from hawx_hw.search.cost import MultiplierEnergy
from tests.search.small import BLOCKS, small_graph, small_images

PARTS = ("search", "select", "test")


def pool(count: int, seed: int) -> Split:
    images, labels = small_images(small_graph(), count, seed)
    return Split((images.astype(np.int16) + 128).astype(np.uint8), labels.astype(np.int64))


def small_runs(folder: Path, select: int = 300, stored: bool = False) -> Runs:
    parts = {"search": pool(50, 5), "select": pool(select, 6), "test": pool(80, 7)}
    return Runs(small_graph(), codes(pool(10, 8).images), parts, folder, stored=stored)


def evaluated(runs: Runs, vectors: list[tuple[int, ...]]) -> list[Point]:
    """Points of a space by layer whose approximate blocks take 60 and 30 fJ instead of 100."""
    space = Space.by_layer(small_graph(), BLOCKS)
    cost = MultiplierEnergy(space, [100.0, 60.0, 30.0])
    exact = cost(space.uniform(0)[None])["energy_pj"][0]
    points = []
    for vector in vectors:
        assignment = space.assignment(np.array(vector))
        energy = float(cost(np.array([vector]))["energy_pj"][0])
        paired = runs.paired(assignment, "search")
        assert paired is not None
        points.append(Point(vector, assignment, energy, 1 - energy / exact, paired))
    return points


def test_an_outcome_is_that_of_the_compensated_network_and_stored_by_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = small_runs(tmp_path)
    (point,) = evaluated(runs, [(2, 1, 2, 0)])
    graph, _ = compensate(
        small_graph(), point.assignment, codes(pool(10, 8).images), weights="together"
    )
    some = pool(50, 5)
    expected = Emulator(graph).correct([point.assignment], codes(some.images), some.labels)[0]
    right, exact = runs.right(point.assignment, "search"), runs.right({}, "search")
    assert right is not None and exact is not None
    assert right.tolist() == expected.tolist() != exact.tolist()
    assert point.search == Paired(50, int((exact & ~right).sum()), int((~exact & right).sum()))
    # Nothing but the part that was asked for has run, and weights one by one are another network.
    assert [path.name for path in tmp_path.iterdir()] == ["search.npz"]
    stored = small_runs(tmp_path, stored=True)
    assert stored.paired(point.assignment, "search") == point.search
    assert stored.paired(point.assignment, "select") is None
    assert stored.right(point.assignment, "search", joint=False) is None
    assert runs.right(point.assignment, "search", joint=False) is not None
    # Stored outcomes are read back; those of other images are not.
    monkeypatch.setattr("resnet20_runs.compensate", None)
    assert small_runs(tmp_path).paired(point.assignment, "search") == point.search
    with pytest.raises(TypeError):
        small_runs(tmp_path).right(point.assignment, "select")


def test_the_front_is_made_of_images_of_the_search_alone() -> None:
    def point(saved: float, lost: int) -> Point:
        return Point((int(100 * saved),), {}, 100 * (1 - saved), saved, Paired(1000, lost, 0))

    points = [point(0.5, 2), point(0.6, 1), point(0.7, 4), point(0.9, 60), point(0.8, 40)]
    assert [one.saved for one in front(points, 4.0)] == [0.6, 0.7, 0.8]
    assert front(points, 0.0) == []


def test_designs_are_chosen_by_the_bound_and_reported_by_test_images(tmp_path: Path) -> None:
    runs = small_runs(tmp_path)
    points = evaluated(runs, [(0, 0, 0, 1), (0, 0, 1, 1), (1, 1, 1, 1), (2, 2, 2, 2)])
    exact = points[0].energy_pj / (1 - points[0].saved)
    assert judge(points, small_runs(tmp_path, stored=True), exact) is None
    judged = judge(points, runs, exact)
    assert judged is not None and judged.select_images == 300
    assert judged.images == 50 and len(judged.designs) == 5
    for design in judged.designs:
        own = [point for point in points if point.vector == design.vector]
        expected = runs.paired(own[0].assignment, "select") if own else Paired(300, 0, 0)
        assert design.selection == expected
    saved = []
    for most in (0.01, 10.0, 12.5, 20.0):
        chosen = by_bound(judged, points, most, runs)
        assert chosen.choice is not None and chosen.choice.bound is not None
        saved.append(chosen.saved)
        if chosen.test is not None and chosen.choice.bound.holds:
            assert chosen.choice.bound.upper <= most
            (point,) = [point for point in points if point.vector == chosen.vector]
            assert chosen.test == runs.paired(point.assignment, "test") != chosen.search
            low, high = interval(chosen.test)
            assert low <= chosen.test.drop <= high == upper_drop(chosen.test, 0.025)
            assert bound_cells(chosen)[4:] == (
                f"{chosen.test.drop:z.1f}",
                f"{low:z.1f} to {high:z.1f}",
            )
    assert saved == sorted(saved) and (saved[0], saved[-1]) == (0.0, points[-1].saved)
    # The images of the search promise 12.5 points, and 300 that select cannot show this.
    old = by_search(points, 12.5, runs)
    assert old is not None and old.search is not None and old.search.drop <= 12.5
    assert old.saved == points[-1].saved > saved[2] > 0
    assert old.test == runs.paired(points[-1].assignment, "test")
    assert old.select == runs.paired(points[-1].assignment, "select")
    assert old_cells(old)[:2] == (f"{old.saved:.1%}", f"{old.search.drop:z.1f}")
    assert by_search(points, -1.0, runs) is None and old_cells(None)[0] == "none"


def test_an_interval_of_nothing_lost_reaches_to_both_sides() -> None:
    low, high = interval(Paired(1000, 0, 0))
    assert low == -high and 0.3 < high < 0.5
    turned = interval(Paired(1000, 3, 20))
    assert turned == pytest.approx(tuple(-end for end in reversed(interval(Paired(1000, 20, 3)))))
