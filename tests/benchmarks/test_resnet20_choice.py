"""Stored outcomes of ResNet-20's designs, and their choice by the bound."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from resnet20_choice import Point, by_bound, by_own_bound, interval, judge, upper
from resnet20_runs import Runs
from resnet20_search import parts_of
from resnet20_tables import Row, bound_cells, difference, print_tables

from hawx_hw.assignment.space import Space
from hawx_hw.compensation import compensate
from hawx_hw.datasets import Split
from hawx_hw.datasets.roles import Roles
from hawx_hw.emulation import Emulator
from hawx_hw.graph.pixels import codes
from hawx_hw.search.bound import Paired, upper_drop
from hawx_hw.search.cost import MultiplierEnergy
from tests.search.small import BLOCKS, small_graph, small_images


def pool(count: int, seed: int) -> Split:
    images, labels = small_images(small_graph(), count, seed)
    return Split((images.astype(np.int16) + 128).astype(np.uint8), labels.astype(np.int64))


def small_runs(folder: Path, select: int = 300, stored: bool = False) -> Runs:
    parts = {"search": pool(50, 5), "select": pool(select, 6), "report": pool(80, 7)}
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
    # Nothing but the part that was asked for has run.
    assert [path.name for path in tmp_path.iterdir()] == ["search"]
    stored = small_runs(tmp_path, stored=True)
    assert stored.paired(point.assignment, "search") == point.search
    assert stored.paired(point.assignment, "select") is None
    # Stored outcomes are read back; those of other images are not.
    monkeypatch.setattr("resnet20_runs.compensate", None)
    assert small_runs(tmp_path).paired(point.assignment, "search") == point.search
    with pytest.raises(TypeError):
        small_runs(tmp_path).right(point.assignment, "select")


def test_designs_are_chosen_by_the_bound_and_reported_by_other_images(tmp_path: Path) -> None:
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
        bound = chosen.choice.bound
        assert bound is not None
        saved.append(chosen.saved)
        if chosen.report is not None and bound.holds:
            assert bound.upper <= most
            (point,) = [point for point in points if point.vector == chosen.vector]
            assert chosen.report == runs.paired(point.assignment, "report") != point.search
            assert upper(chosen.report) == upper_drop(chosen.report, 0.05)
            assert bound_cells(chosen)[4:] == (
                f"{chosen.report.drop:z.2f}",
                f"{upper(chosen.report):z.2f}",
            )
    assert saved == sorted(saved) and (saved[0], saved[-1]) == (0.0, points[-1].saved)
    assert bound_cells(by_bound(judged, points, 0.01, runs))[0] == "exact"


def test_a_point_by_its_own_bound(tmp_path: Path) -> None:
    runs = small_runs(tmp_path)
    points = evaluated(runs, [(2, 2, 2, 2), (0, 0, 0, 1), (1, 1, 1, 1)])
    bounds = {}
    for point in points:
        paired = runs.paired(point.assignment, "select")
        assert paired is not None
        bounds[point.vector] = upper(paired)
    for most in (0.01, 10.0, 15.0, 90.0):
        remaining = [point for point in points if bounds[point.vector] <= most]
        expected = min(remaining, key=lambda point: point.energy_pj) if remaining else None
        assert by_own_bound(points, most, runs) is expected
    assert by_own_bound(points, 90.0, runs) is points[0]


def test_images_that_select_are_halved_and_test_images_report() -> None:
    select, test = pool(7, 1), pool(4, 2)
    parts = parts_of(Roles(pool(9, 3), select, test))
    assert [len(parts[name]) for name in ("search", "select", "report")] == [9, 4, 7]
    np.testing.assert_array_equal(parts["select"].images, select.images[::2])
    expected = np.concatenate([select.images[1::2], test.images])
    np.testing.assert_array_equal(parts["report"].images, expected)
    np.testing.assert_array_equal(parts["report"].labels[3:], test.labels)


def test_tables_have_every_design_and_what_both_alphabets_add(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = small_runs(tmp_path)
    points = evaluated(runs, [(0, 0, 0, 1), (0, 0, 1, 1), (1, 1, 1, 1)])
    points = [
        replace(point, target=share, mix=(("roup(p=1,r=2)", 0.25), ("exact", 0.75)))
        for point, share in zip(points, (0.1, 0.2, None), strict=True)
    ]
    exact = points[0].energy_pj / (1 - points[0].saved)
    judged = judge(points, runs, exact)
    assert judged is not None
    row = Row(points, judged, runs)
    print_tables({("precision", "filters"): row, ("both", "filters"): row})
    text = capsys.readouterr().out
    assert text.count("25.0%") == 2 * len(points) + 2  # every design twice, and two pairs
    assert "on 380 images" in text
    assert "Both alphabets against lower precision, layers" not in text
    rights = [row.right(points[2]), row.right(None)]
    value, low, high = difference(rights[1], rights[0])
    assert low < value < high and value == pytest.approx(
        100 * (rights[1].mean() - rights[0].mean())
    )


def test_an_interval_of_nothing_lost_reaches_to_both_sides() -> None:
    low, high = interval(Paired(1000, 0, 0))
    assert low == -high and 0.3 < high < 0.5
    turned = interval(Paired(1000, 3, 20))
    assert turned == pytest.approx(tuple(-end for end in reversed(interval(Paired(1000, 20, 3)))))
