import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.registry import by_name
from tests.search.small import BLOCKS, small_graph


def test_layers_filters_and_slices_as_units():
    graph = small_graph()
    assert Space.by_layer(graph, BLOCKS).units == 4
    assert Space.by_filter(graph, BLOCKS).units == 2 + 3 + 5 + 4
    rows = np.broadcast_to(np.arange(3)[:, None], (1, 3, 3))
    space = Space.by_slice(graph, BLOCKS, {"a": rows}, ["a", "b"])
    assert space.layers == ("a", "b")
    assert space.units == 2 * 3 + 3
    assert space.unit("a")[1, 0, 2, 1] == 5
    assert space.unit("b").min() == 6


@pytest.mark.parametrize("make", [Space.by_layer, Space.by_filter])
def test_macs_add_up_to_those_of_the_graph(make):
    graph = small_graph()
    assert make(graph, BLOCKS).macs.sum() == graph.macs


def test_numbers_and_vectors_are_each_others_reverse():
    space = Space.by_layer(small_graph(), BLOCKS)
    numbers = np.arange(space.size)
    vectors = space.vectors(numbers)
    assert vectors[1].tolist() == [0, 0, 0, 1]
    assert vectors[5].tolist() == [0, 0, 1, 2]
    assert (space.numbers(vectors) == numbers).all()


def test_an_assignment_has_the_block_of_every_unit():
    space = Space.by_filter(small_graph(), BLOCKS)
    vector = np.random.default_rng(1).integers(0, 3, space.units)
    assignment = space.assignment(vector)
    for name, layer in assignment.items():
        for at in np.ndindex(layer.shape):
            chosen = layer.blocks[layer.choice[at]]
            assert chosen.digest == BLOCKS[vector[space.unit(name)[at]]].digest
    assert (space.vector(assignment) == vector).all()


def test_what_is_not_in_the_space_has_no_vector():
    graph = small_graph()
    fine = Space.by_filter(graph, BLOCKS)
    vector = fine.uniform(0)
    vector[0] = 1
    with pytest.raises(ValueError, match="one block a unit in 'a'"):
        Space.by_layer(graph, BLOCKS).vector(fine.assignment(vector))
    other = Space.by_layer(graph, [BLOCKS[0], by_name("array(3,3,0)")])
    with pytest.raises(ValueError, match="must be of the space's blocks"):
        Space.by_layer(graph, BLOCKS).vector(other.assignment(other.uniform(1)))
    with pytest.raises(ValueError, match="must be of layers"):
        Space.by_layer(graph, BLOCKS, ["a"]).vector(fine.assignment(vector))


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros((2, 3), dtype=int), r"of shape \(n, 4\), not \(2, 3\)"),
        (np.zeros((1, 4)), "whole numbers, not float64"),
        (np.array([[0, 0, 3, 0]]), r"in \[0, 3\), not in \[0, 3\]"),
    ],
)
def test_refuses_other_vectors(vectors, message):
    with pytest.raises(ValueError, match=message):
        Space.by_layer(small_graph(), BLOCKS).checked(vectors)


def test_refuses_what_is_no_space():
    graph = small_graph()
    with pytest.raises(ValueError, match="not \\['z'\\]"):
        Space.by_layer(graph, BLOCKS, ["z"])
    with pytest.raises(ValueError, match="at least two"):
        Space.by_layer(graph, BLOCKS[:1])
    with pytest.raises(ValueError, match="without gaps"):
        Space(graph, BLOCKS, {"a": np.full((2, 1, 3, 3), 1)})


def test_a_granularity_gives_the_units_of_all_layers():
    graph = small_graph()
    assert Space.by_granularity(graph, BLOCKS, "layer").units == 4
    assert Space.by_granularity(graph, BLOCKS, "filter").units == 2 + 3 + 5 + 4
    fine = Space.by_granularity(graph, BLOCKS, "kernel")
    assert fine.units == 3 * (2 + 3) + 5 + 4
    # A slice is a line of a kernel, over all input channels.
    unit = fine.unit("b")[1]
    assert unit.shape == (2, 3, 3)
    assert [len(set(unit[:, y].ravel().tolist())) for y in range(3)] == [1, 1, 1]
    assert len(np.unique(unit)) == 3
    assert Space.by_granularity(graph, BLOCKS, "kernel", "columns").units == fine.units
    # One channel of a, two of b.
    assert Space.by_granularity(graph, BLOCKS, "kernel", "channels").units == 2 + 2 * 3 + 5 + 4
    assert Space.by_granularity(graph, BLOCKS, "kernel", "channels", 1).units == 2 + 3 + 5 + 4
    with pytest.raises(ValueError, match="granularity must be one of layer, filter, kernel, not"):
        Space.by_granularity(graph, BLOCKS, "bit")


def test_filters_of_a_group_have_one_unit_for_each_slice():
    graph = small_graph()
    rows = np.broadcast_to(np.arange(3)[:, None], (2, 3, 3))
    groups = {"b": np.array([1, 0, 1]), "d": np.array([0, 0, 0, 0])}
    space = Space.by_slice(graph, BLOCKS, {"b": rows}, groups=groups)
    assert space.units == 2 + 2 * 3 + 5 + 1
    unit = space.unit("b") - space.unit("b").min()
    assert (unit[0] == 3 + rows).all() and (unit[1] == rows).all() and (unit[2] == unit[0]).all()
    assert space.macs.sum() == graph.macs
    vector = np.random.default_rng(0).integers(0, 3, space.units)
    assert (space.vector(space.assignment(vector)) == vector).all()
    with pytest.raises(ValueError, match=r"Units of 'd' must be .* without gaps"):
        Space.by_slice(graph, BLOCKS, {}, groups={"d": np.array([0, 2, 0, 2])})
