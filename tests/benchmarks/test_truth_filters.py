from dataclasses import replace

import numpy as np
import pytest
from ground_truth.truth_filters import FilterTruth
from ground_truth.truth_layers import enumerate_truth

from hawx_hw.assignment.space import Space
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.graph import reference
from hawx_hw.search.oracle import EmulatedOracle
from tests.search.small import BLOCKS, small_graph, small_images


def case(compensated, blocks=BLOCKS, layers=("a", "b"), count=70):
    graph = small_graph()
    images, labels = small_images(graph, count)
    space = Space.by_filter(graph, blocks, layers)
    change = Compensated(graph, space, images[:10]) if compensated else None
    return graph, images, labels, space, change


@pytest.mark.parametrize("compensated", [False, True])
def test_every_assignment_is_as_runs_say(compensated, tmp_path):
    graph, images, labels, space, change = case(compensated)
    found = FilterTruth(space, graph, images, labels, change=change).run(tmp_path / "f")
    oracle = EmulatedOracle(space, graph, images, labels, change=change, threads=1)
    wanted = enumerate_truth(space, oracle, tmp_path / "l")
    assert (found.right == wanted.right).all()
    assert len(np.unique(found.right)) > 5
    assert (found.key, found.exact, found.images) == (wanted.key, wanted.exact, wanted.images)


def test_some_assignments_are_as_the_reference_says(tmp_path):
    graph, images, labels, space, change = case(True, count=20)
    truth = FilterTruth(space, graph, images, labels, change=change).run(tmp_path)
    for number in (0, 1, 50, 100, space.size - 1):
        (vector,) = space.vectors(np.array([number]))
        codes = reference.run(change(vector), images, space.assignment(vector))
        assert truth.right[number] == (codes.argmax(axis=1) == labels).sum()


def test_layers_before_may_have_units_of_any_kind(tmp_path):
    graph, images, labels, *_ = case(False)
    units = {
        "a": np.zeros((2, 1, 3, 3), dtype=int),
        "b": np.arange(3)[:, None, None, None] + np.zeros((3, 2, 3, 3), dtype=int),
    }
    space = Space(graph, BLOCKS, units)
    found = FilterTruth(space, graph, images, labels).run(tmp_path / "f")
    oracle = EmulatedOracle(space, graph, images, labels, threads=1)
    assert (found.right == enumerate_truth(space, oracle, tmp_path / "l").right).all()


def test_an_interrupted_run_continues_and_tells_how_far(tmp_path, monkeypatch):
    graph, images, labels, space, _ = case(False)
    truth = FilterTruth(space, graph, images, labels)
    assert truth.parts == 9
    whole = truth.run(tmp_path / "whole")
    part = FilterTruth.part

    def failing(self, number, progress=None):
        if number == 4:
            raise KeyboardInterrupt
        return part(self, number, progress)

    monkeypatch.setattr(FilterTruth, "part", failing)
    with pytest.raises(KeyboardInterrupt):
        truth.run(tmp_path / "cut")
    asked = []
    monkeypatch.setattr(
        FilterTruth, "part", lambda self, n, told: (asked.append(n), part(self, n, told))[1]
    )
    told = []
    again = truth.run(tmp_path / "cut", threads=2, progress=lambda *n: told.append(n))
    assert 4 in asked
    assert 0 not in asked
    assert (again.right == whole.right).all()
    assert told[-1] == (space.size * len(images),) * 2


def test_dask_gives_the_same(tmp_path):
    distributed = pytest.importorskip("distributed")
    graph, images, labels, space, change = case(True, blocks=BLOCKS[:2])
    truth = FilterTruth(space, graph, images, labels, change=change)
    here = truth.run(tmp_path / "here")
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"
    ) as client:
        there = truth.run(tmp_path / "there", client=client)
    assert (there.right == here.right).all()


def test_an_interrupted_run_continues_through_dask(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    graph, images, labels, space, change = case(True, blocks=BLOCKS[:2], count=20)
    truth = FilterTruth(space, graph, images, labels, change=change)
    whole = truth.run(tmp_path / "whole")
    part, asked = FilterTruth.part, []

    def failing(self, number, progress=None):
        asked.append(number)
        if number == truth.parts - 1:
            raise RuntimeError("a worker failed")
        return part(self, number, progress)

    def telling(self, number, progress=None):
        asked.append(number)
        return part(self, number, progress)

    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"
    ) as client:
        monkeypatch.setattr(FilterTruth, "part", failing)
        with pytest.raises(RuntimeError, match="a worker failed"):
            truth.run(tmp_path / "cut", client=client)
        kept = len(list((tmp_path / "cut").glob("*.npz")))
        assert 0 < kept < truth.parts
        asked.clear()
        monkeypatch.setattr(FilterTruth, "part", telling)
        again = truth.run(tmp_path / "cut", client=client)
    assert len(asked) == truth.parts - kept
    assert truth.parts - 1 in asked
    assert (again.right == whole.right).all()


def test_refuses_other_graphs_and_spaces():
    graph, images, labels, space, _ = case(False)
    with pytest.raises(ValueError, match="'d' must be a convolution before linear layers"):
        FilterTruth(Space.by_filter(graph, BLOCKS), graph, images, labels)
    with pytest.raises(ValueError, match="Each filter of 'b' must be one unit"):
        FilterTruth(Space.by_layer(graph, BLOCKS, ["a", "b"]), graph, images, labels)
    with pytest.raises(ValueError, match="not Conv2d 'b'"):
        FilterTruth(Space.by_filter(graph, BLOCKS, ["a"]), graph, images, labels)
    heavy = [
        replace(n, bias=np.full(5, 2**31 - 1, np.int32)) if n.name == "c" else n
        for n in graph.nodes
    ]
    with pytest.raises(ValueError, match="Sums of 'c' might not fit int32"):
        FilterTruth(space, replace(graph, nodes=tuple(heavy)), images, labels)
    truth = FilterTruth(space, graph, images, labels)
    with pytest.raises(ValueError, match=r"in \[0, 9\), not 9"):
        truth.part(9)
