"""A network that is small enough to search all of it, and results of searches.

It has two convolutions and two linear layers.
"""

import numpy as np

from hawx_hw.blocks.registry import by_name
from hawx_hw.graph.graph import (
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
    Requantization,
    Tensor,
)
from hawx_hw.search.result import DesignPoint, SearchResult

BLOCKS = [by_name(name) for name in ("exact", "array(4,4,0)", "array(5,5,0)")]


def small_graph(seed=37):
    """Image 1 x 10 x 10; layers a, b (convolutions, each with a pool), c, d; 4 classes."""
    rng = np.random.default_rng(seed)

    def rule(count, inputs, low=-128, zero_point=-128):
        factor = 3 / (90 * inputs**0.5)
        multiplier = np.round(factor * 2**18 * rng.uniform(0.6, 1, count)).astype(np.int64)
        return Requantization(multiplier, 18, zero_point, low)

    def weights(*shape):
        weight = rng.integers(-100, 101, shape).astype(np.int8)
        bias = 128 * weight.reshape(len(weight), -1).astype(np.int64).sum(axis=1)
        return weight, (bias + rng.integers(-2000, 2000, len(weight))).astype(np.int32)

    nodes = (
        Conv2d("a", ("x",), *weights(2, 1, 3, 3), rule(2, 9)),
        MaxPool2d("pa", ("a",), (2, 2), (2, 2)),
        Conv2d("b", ("pa",), *weights(3, 2, 3, 3), rule(3, 18)),
        MaxPool2d("pb", ("b",), (2, 2), (2, 2)),
        Flatten("f", ("pb",)),
        Linear("c", ("f",), *weights(5, 3), rule(5, 3)),
        Linear("d", ("c",), *weights(4, 5), rule(4, 5, zero_point=3)),
    )
    shapes = ((1, 10, 10), (2, 8, 8), (2, 4, 4), (3, 2, 2), (3, 1, 1), (3,), (5,), (4,))
    names = ("x", *(node.name for node in nodes))
    tensors = {
        name: Tensor(shape, 0.05, 3 if name == "d" else -128)
        for name, shape in zip(names, shapes, strict=True)
    }
    return Graph("small", "x", nodes, tensors)


def small_images(graph, count=60, seed=5):
    """Codes, and for labels what the exact network makes of most of them."""
    from hawx_hw.graph import reference

    rng = np.random.default_rng(seed)
    images = rng.integers(-128, 128, (count, 1, 10, 10)).astype(np.int8)
    labels = reference.run(graph, images).argmax(axis=1)
    labels[::7] = (labels[::7] + 1) % 4
    return images, labels


def design_point(vector, drop, metrics, blocks=(), **more):
    """A point of a front; ``blocks`` are the names of those that are not exact."""
    layers = {"conv1": {}} if blocks else {}
    assignment = {"blocks": dict.fromkeys(blocks, "digest"), "layers": layers}
    return DesignPoint(vector, 0.95 - drop / 100, drop, metrics, assignment, **more)


def search_result(front, **more):
    """A result of that front, by energy."""
    return SearchResult(
        algorithm="hawx",
        seed=0,
        space="",
        blocks=("exact", "drum(k=4)"),
        objective="energy_nj",
        images=100,
        exact_accuracy=0.95,
        evaluations=len(front),
        evaluation_seconds=0.0,
        seconds=0.0,
        reference=(5.0, 10.0),
        hypervolume=1.0,
        front=front,
        **more,
    )
