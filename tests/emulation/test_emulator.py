import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.emulation import Emulator, compiler
from hawx_hw.emulation import emulator as emulator_module
from hawx_hw.emulation.compiler import CompilerError
from hawx_hw.emulation.layer import Layer
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.random_graphs import random_codes, random_graph
from tests.emulation.blocks import (
    full_rank,
    low_rank,
    near_product,
    random_assignment,
    rank_one,
)
from tests.emulation.running import ANY, WAYS, assert_equal, chain, drawn


@pytest.mark.parametrize(("path", "variant"), WAYS)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_equals_the_reference(path, variant, seed, layers, threads):
    graph, images, assignment, _ = drawn(seed, layers)
    emulator = Emulator(graph, path=path, variant=variant, threads=threads)
    assert_equal(emulator, images, assignment)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "variant"), WAYS)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 40))
@settings(max_examples=600, deadline=None)
def test_equals_the_reference_at_length(path, variant, seed, layers, count):
    graph, images, assignment, _ = drawn(seed, layers, count=count)
    assert_equal(Emulator(graph, path=path, variant=variant, threads=2), images, assignment)


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_stated_factors_equal_the_reference(seed):
    graph, images, assignment, _ = drawn(seed, kinds=(low_rank,))
    assert_equal(Emulator(graph, path="factors"), images, assignment)


@pytest.mark.parametrize(
    ("path", "variant"),
    [("factors", None), *(("product", variant.name) for variant in compiler.supported())],
)
@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_remapped_operands_equal_the_reference(path, variant, seed):
    graph, images, _, rng = drawn(seed)
    block = rank_one(rng)
    assignment = {
        node.name: LayerBlocks.uniform(block, node.weight.shape)
        for node in graph.nodes
        if isinstance(node, (Conv2d, Linear))
    }
    emulator = Emulator(graph, path=path, variant=variant, threads=2)
    assert_equal(emulator, images, assignment if rng.random() < 0.8 else {})


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_many_pixels(seed):
    """Several tiles, shared out over threads by pixels and by filters."""
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=2, max_size=24, max_channels=4, max_features=70)
    assignment = random_assignment(rng, graph, (full_rank, near_product))
    assert_equal(Emulator(graph, threads=2), random_codes(rng, graph, 40), assignment)


def counted(monkeypatch):
    """Names of the weighted nodes that are computed from here on."""
    names = []
    run = Layer.run

    def counting(self, x, zero_point):
        names.append(self._node.name)
        return run(self, x, zero_point)

    monkeypatch.setattr(Layer, "run", counting)
    return names


def test_a_change_is_computed_from_its_layer_on(monkeypatch):
    graph = chain()
    rng = np.random.default_rng(0)
    images = random_codes(rng, graph, 300)
    linears = [node for node in graph.nodes if isinstance(node, Linear)]
    emulator = Emulator(graph)
    names = counted(monkeypatch)
    emulator.run(images)
    assert names == [node.name for node in linears]
    for at in (3, 1, 2):
        assignment = {
            linears[at].name: LayerBlocks.uniform(full_rank(rng), linears[at].weight.shape)
        }
        emulator.run(images)
        names.clear()
        assert_equal(emulator, images, assignment)
        assert names == [node.name for node in linears[at:]]
    names.clear()
    assert_equal(emulator, images, assignment)  # nothing has changed
    assert names == []
    assert_equal(emulator, images[::-1].copy(), assignment)  # other images
    assert names == [node.name for node in linears]


def test_without_memory_everything_is_computed_again(monkeypatch):
    graph = chain()
    images = random_codes(np.random.default_rng(0), graph, 3)
    emulator = Emulator(graph, memory=0)
    names = counted(monkeypatch)
    for _ in range(2):
        assert_equal(emulator, images, {})
    assert len(names) == 8


def test_kept_codes_are_not_the_callers():
    graph = chain()
    images = random_codes(np.random.default_rng(0), graph, 3)
    emulator = Emulator(graph)
    expected = reference.run(graph, images)
    emulator.run_all(images)["linear1"][:] = 0
    emulator.run(images)[:] = 0
    np.testing.assert_array_equal(emulator.run(images), expected)
    images[:] ^= 1
    np.testing.assert_array_equal(emulator.run(images), reference.run(graph, images))


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=30, deadline=None)
def test_many_assignments_equal_fresh_runs(seed, cached):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4, kinds=("conv", "add", "maxpool", "linear"), max_size=6)
    images = random_codes(rng, graph, 70)
    weighted = [node for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
    choices = [None, near_product(rng), full_rank(rng, 5000)]
    assignments = [None]
    for _ in range(8):
        drawn = [choices[int(rng.integers(3))] for _ in weighted]
        assignments.append(
            {n.name: LayerBlocks.uniform(b, n.weight.shape) for n, b in zip(weighted, drawn) if b}
        )
    labels = reference.run(graph, images).reshape(70, -1).argmax(axis=1)
    emulator = Emulator(graph, memory=2**30 if cached else 0)
    shares = emulator.evaluate_many(assignments, images, labels)
    for assignment, share in zip(assignments, shares, strict=True):
        outputs = reference.run(graph, images, assignment).reshape(70, -1).argmax(axis=1)
        assert share == np.mean(outputs == labels)


def test_shared_layers_are_computed_once(monkeypatch):
    graph = chain()
    rng = np.random.default_rng(0)
    images, labels = random_codes(rng, graph, 10), np.zeros(10, np.int64)
    linears = [node for node in graph.nodes if isinstance(node, Linear)]
    blocks = [None, full_rank(rng)]
    every = [
        {
            node.name: LayerBlocks.uniform(blocks[code >> i & 1], node.weight.shape)
            for i, node in enumerate(linears)
            if blocks[code >> i & 1]
        }
        for code in range(16)
    ]
    names = counted(monkeypatch)
    calls = []
    Emulator(graph, memory=0).evaluate_many(
        [every[i] for i in rng.permutation(16)],
        images,
        labels,
        progress=lambda *call: calls.append(call),
    )
    assert len(names) == 2 + 4 + 8 + 16
    assert calls == [(i, 16) for i in range(1, 17)]


def test_accuracy_takes_pixels_or_codes():
    graph = chain()
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (300, *graph.tensors["input"].shape)).astype(np.uint8)
    images = (pixels.astype(np.int16) - 128).astype(np.int8)
    labels = rng.integers(0, graph.tensors[graph.output].size, 300)
    expected = np.mean(reference.run(graph, images).reshape(300, -1).argmax(axis=1) == labels)
    emulator = Emulator(graph)
    assert emulator.accuracy(pixels, labels) == emulator.accuracy(images, labels) == expected
    for count in (0, 299):
        with pytest.raises(ValueError, match="as many labels as images and at least one"):
            emulator.accuracy(images[:count], labels[:0] if count == 0 else labels)


def test_the_order_of_blocks_does_not_matter(monkeypatch):
    graph = chain()
    rng = np.random.default_rng(0)
    images = random_codes(rng, graph, 3)
    node = next(node for node in graph.nodes if isinstance(node, Linear))
    choice = rng.integers(0, 2, node.weight.shape).astype(np.uint8)
    block = full_rank(rng)
    emulator = Emulator(graph)
    emulator.run(images, {node.name: LayerBlocks((block, Exact()), choice)})
    names = counted(monkeypatch)
    emulator.run(images, {node.name: LayerBlocks((Exact(), block), 1 - choice)})
    assert names == []
    emulator.run(images, {node.name: LayerBlocks((block, Exact()), 1 - choice)})
    assert len(names) == 4


def test_what_does_not_suit_is_refused():
    graph = chain()
    emulator = Emulator(graph)
    images = random_codes(np.random.default_rng(0), graph, 2)
    with pytest.raises(ValueError, match="Images must be int8 of shape"):
        emulator.run(images.astype(np.int16))
    with pytest.raises(ValueError, match="Images must be int8 of shape"):
        emulator.run(images[:, :0])
    blocks = LayerBlocks.uniform(Exact(), (1, 2))
    with pytest.raises(ValueError, match=r"must name convolutions or linear layers, not \['no'\]"):
        emulator.run(images, {"no": blocks})
    with pytest.raises(ValueError, match="Blocks of 'linear1' must be of shape"):
        emulator.run(images, {"linear1": blocks})
    for wrong, message in (
        (
            {"path": "fast"},
            "Path must be one of auto, product, tables, entries, factors, look-up, not 'fast'",
        ),
        ({"threads": 0}, "Threads must be at least 1, not 0"),
        ({"memory": -1}, "Memory must be at least 0, not -1"),
        ({"variant": "mmx"}, "Variant must be one of baseline, avx2, avx512, not 'mmx'"),
    ):
        with pytest.raises(ValueError, match=message):
            Emulator(graph, **wrong)


def test_without_images_there_are_no_codes():
    graph = chain()
    images = random_codes(np.random.default_rng(0), graph, 0)
    assert Emulator(graph).run(images).shape == (0, *graph.tensors[graph.output].shape)


def test_without_a_compiler_emulation_warns_and_continues(monkeypatch):
    graph, images, assignment, _ = drawn(8)

    def broken():
        raise CompilerError("There is no C compiler: 'cc' is not on the PATH")

    monkeypatch.setattr(compiler, "supported", broken)
    with pytest.warns(RuntimeWarning, match="no C compiler.*continues without compiled kernels"):
        emulator = Emulator(graph)
    assert emulator.engine == "portable"
    assert_equal(emulator, images, assignment)
    with pytest.raises(CompilerError, match="no C compiler"):
        Emulator(graph, path="tables")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Emulator(graph, path="look-up")  # requested: no warning


def test_layers_that_take_too_much_memory_are_made_again(monkeypatch):
    monkeypatch.setattr(emulator_module, "_LAYER_BYTES", 200_000)
    graph = chain()
    rng = np.random.default_rng(0)
    images = random_codes(rng, graph, 30)
    emulator = Emulator(graph, memory=0)
    assignments = [random_assignment(rng, graph, ANY) for _ in range(5)]
    for assignment in assignments * 2:
        assert_equal(emulator, images, assignment)
    assert 1 <= len(emulator._layers) <= 3
    assert emulator._layer_bytes == sum(layer.nbytes for layer in emulator._layers.values())


def test_assignments_may_run_on_graphs_of_other_weights():
    graph, images, assignment, _ = drawn(7, 3)
    nodes = []
    for node in graph.nodes:
        if isinstance(node, (Conv2d, Linear)):
            node = replace(node, weight=node.weight // 2, bias=node.bias + 5)
        nodes.append(node)
    other = replace(graph, nodes=tuple(nodes))
    labels = reference.run(other, images).reshape(len(images), -1).argmax(axis=1)
    expected = [
        np.mean(reference.run(g, images, a).reshape(len(images), -1).argmax(axis=1) == labels)
        for a, g in ((assignment, graph), (assignment, other), ({}, graph), ({}, other))
    ]
    shares = Emulator(graph, threads=1).evaluate_many(
        [assignment, assignment, {}, {}], images, labels, graphs=[graph, other, graph, other]
    )
    assert shares.tolist() == expected
    assert shares[3] == 1


def test_a_visitor_sees_every_output_of_every_assignment_once():
    graph, images, assignment, _ = drawn(7, 150)
    seen = np.full((2, len(images), len(reference.run(graph, images[:1]).ravel())), -999)

    def visitor(index, part, outputs):
        assert (seen[index, part] == -999).all()
        seen[index, part] = outputs

    progress = []
    emulator = Emulator(graph, threads=1)
    emulator.visit([assignment, None], images, visitor, progress=lambda *n: progress.append(n))
    for outputs, each in zip(seen, (assignment, {}), strict=True):
        assert (outputs == reference.run(graph, images, each).reshape(len(images), -1)).all()
    assert progress[-1] == (len(progress),) * 2


def test_refuses_graphs_that_differ_in_more():
    graph, images, _, _ = drawn(7, 3)
    labels = np.zeros(len(images), dtype=np.int64)
    plain = next(n for n in graph.nodes if not isinstance(n, (Conv2d, Linear)))
    nodes = [replace(node) if node is plain else node for node in graph.nodes]
    other = replace(graph, nodes=tuple(nodes))
    emulator = Emulator(graph, threads=1)
    with pytest.raises(ValueError, match="as many graphs as assignments, not 2 and 1"):
        emulator.evaluate_many([{}], images, labels, graphs=[graph, graph])
    with pytest.raises(ValueError, match=f"only, not in '{plain.name}'"):
        emulator.evaluate_many([{}], images, labels, graphs=[other])
