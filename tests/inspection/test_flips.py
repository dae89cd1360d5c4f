"""The first layer at which a class changes, where it is known."""

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.graph import fast
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.inspection import flips as module
from hawx_hw.inspection.flips import first_changes, flips
from hawx_hw.inspection.measurement import measure
from hawx_hw.inspection.versions import Versions
from tests.inspection.networks import assigned, lenet5, split, versions, whole, with_node


def changed(name, graph=None):
    """LeNet-5 with the bias of one layer changed so that some classes are others."""
    graph = graph or whole().graph
    node = next(node for node in graph.nodes if node.name == name)
    bias = node.bias.astype(np.int64)
    shift = np.roll(np.linspace(-1, 1, len(bias)), 3) * np.abs(bias).max() * 4
    return with_node(graph, name, bias=(bias + shift).astype(np.int32))


def result(given):
    images = split()
    return flips(given, measure(given, images.images), images.images, images.labels)


@pytest.mark.parametrize("name", ["conv1", "fc1", "fc3"])
def test_the_layer_at_fault_from_float_to_int8(name):
    graph = changed(name)
    (step,) = result(Versions(whole().layers, graph, {}, graph))
    assert step.versions == ("float", "int8")
    assert step.examined == step.flipped == sum(step.first.values()) > 0
    # No earlier one; a class may change behind it, where noise is not yet enough.
    names = ["input", *(node.name for node in graph.nodes)]
    assert all(names.index(first) >= names.index(name) for first in step.first)
    assert step.first[name] > step.flipped / 2


def test_the_layer_at_fault_from_int8_to_the_network_that_is_built():
    graph = whole().graph
    exact = assigned(graph, {"conv1": "exact"})
    both = replace(changed("fc2"), name="built")
    steps = result(Versions(whole().layers, graph, exact, both))
    assert [step.versions for step in steps] == [("float", "int8"), ("int8", "built")]
    assert steps[0].flipped == 0 and steps[0].first == {}
    assert next(iter(steps[1].first)) == "fc2"


def test_padding_has_the_zero_point_of_the_tensor_that_is_padded():
    given = versions(lenet5(), preprocessing=Preprocessing(1 / 255, (0.4,)))
    assert given.graph.tensors["input"].zero_point != -128
    built = changed("fc2", given.graph)
    exact = assigned(given.graph, {"fc1": "exact"})
    _, step = result(Versions(given.layers, given.graph, exact, built))
    assert step.flipped > 0 and {"input", "conv1", "conv2", "fc1"}.isdisjoint(step.first)


def test_the_pixels_at_fault():
    graph = replace(whole().graph, pixels=np.arange(127, -129, -1).astype(np.int8).reshape(1, 256))
    (step,) = result(Versions(whole().layers, graph, {}, graph))
    assert step.first["input"] == step.flipped > 0


def test_images_that_are_worse_and_better_and_no_more_than_some_examined(monkeypatch):
    monkeypatch.setattr(module, "_EXAMINED", 3)
    graph, images = changed("fc3"), split()
    given = Versions(whole().layers, graph, {}, graph)
    measurement = measure(given, images.images)
    old, new = (each.argmax(axis=1) for each in (measurement.real, measurement.int8))
    # Labels that the old version has right, then the new one, and neither.
    labels = np.where(np.arange(64) < 30, old, np.where(np.arange(64) < 50, new, 10))
    (step,) = flips(given, measurement, images.images, labels)
    flipped = old != new
    assert step.flipped == flipped.sum() > 3
    assert step.worse == flipped[:30].sum() and step.better == flipped[30:50].sum()
    assert step.examined == 3 == sum(step.first.values())


@pytest.mark.parametrize("seed", range(6))
def test_every_tensor_that_is_read_is_replaced(seed):
    """Whatever the graph, residual additions included: as with all tensors computed anew."""
    generator = np.random.default_rng(seed)
    graph = random_graph(generator)
    shape = graph.tensors[graph.input].shape
    images = generator.integers(-128, 128, (12, *shape)).astype(np.int8)
    others = generator.integers(-128, 128, images.shape).astype(np.int8)
    old, new = fast.run_all(graph, images), fast.run_all(graph, others)
    classes = old[graph.output].reshape(12, -1).argmax(axis=1)

    def evaluate(node, inputs):
        return fast.evaluate(node, inputs, graph.tensors[node.inputs[0]].zero_point)

    def hybrid(count):
        values = dict(old) | {graph.input: new[graph.input]}
        for index, node in enumerate(graph.nodes):
            values[node.name] = (
                new[node.name]
                if index < count
                else evaluate(node, [values[name] for name in node.inputs])
            )
        return values[graph.output].reshape(12, -1).argmax(axis=1) != classes

    table = np.array([hybrid(count) for count in range(len(graph.nodes) + 1)])
    expected = np.where(table.any(axis=0), table.argmax(axis=0) - 1, -2)
    actual = first_changes(graph.nodes, graph.input, classes, new, evaluate)
    assert actual.tolist() == expected.tolist()
