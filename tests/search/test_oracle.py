"""Runs of the network, against the integer reference."""

import numpy as np
import pytest
from scipy.special import softmax

from hawx_hw.assignment.space import Space
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.graph import reference
from hawx_hw.search.oracle import EmulatedOracle, ExpectingOracle
from tests.search.small import BLOCKS, small_graph, small_images


@pytest.mark.parametrize("compensated", [False, True])
def test_the_oracle_counts_what_the_reference_gets_right(compensated):
    graph = small_graph()
    images, labels = small_images(graph)
    space = Space.by_filter(graph, BLOCKS)
    change = Compensated(graph, space, images[:10]) if compensated else None
    oracle = EmulatedOracle(space, graph, images, labels, change=change, threads=1)
    vectors = np.random.default_rng(2).integers(0, 3, (9, space.units))
    expected = []
    for vector in vectors:
        run_on = change(vector) if change else graph
        codes = reference.run(run_on, images, space.assignment(vector))
        expected.append(int((codes.argmax(axis=1) == labels).sum()))
    assert oracle(vectors).tolist() == expected
    assert len(set(expected)) > 3
    assert oracle.exact == (reference.run(graph, images).argmax(axis=1) == labels).sum()


@pytest.mark.parametrize("compensated", [False, True])
def test_it_expects_by_the_softmax_of_the_outputs_of_the_reference(compensated):
    graph = small_graph()
    images, labels = small_images(graph)
    space = Space.by_filter(graph, BLOCKS)
    change = Compensated(graph, space, images[:10]) if compensated else None
    oracle = EmulatedOracle(space, graph, images, labels, change=change, threads=1)
    assert isinstance(oracle, ExpectingOracle)
    vectors = np.random.default_rng(2).integers(0, 3, (5, space.units))
    right, expected = oracle.measure(vectors)
    assert right.tolist() == oracle(vectors).tolist()

    def certain(codes):
        logits = graph.tensors["d"].scale * (codes - float(graph.tensors["d"].zero_point))
        return softmax(logits, axis=1)[np.arange(len(labels)), labels].sum()

    for vector, value in zip(vectors, expected, strict=True):
        run_on = change(vector) if change else graph
        codes = reference.run(run_on, images, space.assignment(vector))
        assert value == pytest.approx(certain(codes))
    assert oracle.exact_expected == pytest.approx(certain(reference.run(graph, images)))
    assert len(np.unique(expected)) == 5


def test_keys_differ_by_all_that_the_counts_depend_on():
    graph = small_graph()
    images, labels = small_images(graph)
    space = Space.by_layer(graph, BLOCKS)
    keys = [
        EmulatedOracle(space, graph, images, labels, threads=1).key,
        EmulatedOracle(space, graph, images[1:], labels[1:], threads=1).key,
        EmulatedOracle(space, graph, images, labels[::-1], threads=1).key,
        EmulatedOracle(Space.by_layer(graph, BLOCKS[:2]), graph, images, labels, threads=1).key,
        EmulatedOracle(Space.by_filter(graph, BLOCKS), graph, images, labels, threads=1).key,
        EmulatedOracle(
            space, graph, images, labels, change=Compensated(graph, space, images), threads=1
        ).key,
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == EmulatedOracle(space, graph, images, labels, threads=2).key
