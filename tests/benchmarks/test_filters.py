from dataclasses import replace

import numpy as np
import pytest
from ground_truth.filters import FilterGroundTruth
from ground_truth.layers import enumerated

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
    result = FilterGroundTruth(space, graph, images, labels, change=change).run(tmp_path / "f")
    oracle = EmulatedOracle(space, graph, images, labels, change=change, threads=1)
    expected = enumerated(space, oracle, tmp_path / "l")
    assert (result.right == expected.right).all()
    assert len(np.unique(result.right)) > 5
    assert (result.key, result.exact, result.images) == (
        expected.key,
        expected.exact,
        expected.images,
    )


def test_some_assignments_are_as_in_the_reference(tmp_path):
    graph, images, labels, space, change = case(True, count=20)
    exhaustive = FilterGroundTruth(space, graph, images, labels, change=change).run(tmp_path)
    for number in (0, 1, 50, 100, space.size - 1):
        (vector,) = space.vectors(np.array([number]))
        codes = reference.run(change(vector), images, space.assignment(vector))
        assert exhaustive.right[number] == (codes.argmax(axis=1) == labels).sum()


def test_layers_before_may_have_units_of_any_kind(tmp_path):
    graph, images, labels, *_ = case(False)
    units = {
        "a": np.zeros((2, 1, 3, 3), dtype=int),
        "b": np.arange(3)[:, None, None, None] + np.zeros((3, 2, 3, 3), dtype=int),
    }
    space = Space(graph, BLOCKS, units)
    result = FilterGroundTruth(space, graph, images, labels).run(tmp_path / "f")
    oracle = EmulatedOracle(space, graph, images, labels, threads=1)
    assert (result.right == enumerated(space, oracle, tmp_path / "l").right).all()


def test_an_interrupted_run_continues_and_tells_how_far(tmp_path, monkeypatch):
    graph, images, labels, space, _ = case(False)
    exhaustive = FilterGroundTruth(space, graph, images, labels)
    assert exhaustive.parts == 9
    whole = exhaustive.run(tmp_path / "whole")
    part = FilterGroundTruth.part

    def failing(self, number, progress=None):
        if number == 4:
            raise KeyboardInterrupt
        return part(self, number, progress)

    monkeypatch.setattr(FilterGroundTruth, "part", failing)
    with pytest.raises(KeyboardInterrupt):
        exhaustive.run(tmp_path / "cut")
    requested = []
    monkeypatch.setattr(
        FilterGroundTruth,
        "part",
        lambda self, n, more: (requested.append(n), part(self, n, more))[1],
    )
    reports = []
    again = exhaustive.run(tmp_path / "cut", threads=2, progress=lambda *n: reports.append(n))
    assert 4 in requested
    assert 0 not in requested
    assert (again.right == whole.right).all()
    assert reports[-1] == (space.size * len(images),) * 2


def test_dask_gives_the_same(tmp_path):
    distributed = pytest.importorskip("distributed")
    graph, images, labels, space, change = case(True, blocks=BLOCKS[:2])
    exhaustive = FilterGroundTruth(space, graph, images, labels, change=change)
    here = exhaustive.run(tmp_path / "here")
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"
    ) as client:
        there = exhaustive.run(tmp_path / "there", client=client)
    assert (there.right == here.right).all()


def test_an_interrupted_run_continues_through_dask(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    graph, images, labels, space, change = case(True, blocks=BLOCKS[:2], count=20)
    exhaustive = FilterGroundTruth(space, graph, images, labels, change=change)
    whole = exhaustive.run(tmp_path / "whole")
    part, requested = FilterGroundTruth.part, []

    def failing(self, number, progress=None):
        requested.append(number)
        if number == exhaustive.parts - 1:
            raise RuntimeError("a worker failed")
        return part(self, number, progress)

    def recording(self, number, progress=None):
        requested.append(number)
        return part(self, number, progress)

    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"
    ) as client:
        monkeypatch.setattr(FilterGroundTruth, "part", failing)
        with pytest.raises(RuntimeError, match="a worker failed"):
            exhaustive.run(tmp_path / "cut", client=client)
        cached = len(list((tmp_path / "cut").glob("*.npz")))
        assert 0 < cached < exhaustive.parts
        requested.clear()
        monkeypatch.setattr(FilterGroundTruth, "part", recording)
        again = exhaustive.run(tmp_path / "cut", client=client)
    assert len(requested) == exhaustive.parts - cached
    assert exhaustive.parts - 1 in requested
    assert (again.right == whole.right).all()


def test_refuses_other_graphs_and_spaces():
    graph, images, labels, space, _ = case(False)
    with pytest.raises(ValueError, match="'d' must be a convolution before linear layers"):
        FilterGroundTruth(Space.by_filter(graph, BLOCKS), graph, images, labels)
    with pytest.raises(ValueError, match="Each filter of 'b' must be one unit"):
        FilterGroundTruth(Space.by_layer(graph, BLOCKS, ["a", "b"]), graph, images, labels)
    with pytest.raises(ValueError, match="not Conv2d 'b'"):
        FilterGroundTruth(Space.by_filter(graph, BLOCKS, ["a"]), graph, images, labels)
    heavy = [
        replace(n, bias=np.full(5, 2**31 - 1, np.int32)) if n.name == "c" else n
        for n in graph.nodes
    ]
    with pytest.raises(ValueError, match="Sums of 'c' might not fit int32"):
        FilterGroundTruth(space, replace(graph, nodes=tuple(heavy)), images, labels)
    exhaustive = FilterGroundTruth(space, graph, images, labels)
    with pytest.raises(ValueError, match=r"in \[0, 9\), not 9"):
        exhaustive.part(9)
