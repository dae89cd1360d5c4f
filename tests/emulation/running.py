"""Emulators compared with the reference, on random graphs under random assignments."""

import numpy as np

from hawx_hw.emulation import compiler
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Linear
from hawx_hw.graph.random_graphs import ALL_KINDS, KINDS, random_codes, random_graph
from tests.emulation.blocks import full_rank, low_rank, near_product, random_assignment, rank_one

ANY = (full_rank, near_product, rank_one, low_rank)
WAYS = [
    *((path, v.name) for path in ("tables", "entries") for v in compiler.supported()),
    ("auto", None),
    ("look-up", None),
]


def assert_equal(emulator, images, assignment):
    expected = reference.run_all(emulator.graph, images, assignment)
    results = emulator.run_all(images, assignment)
    assert expected.keys() == results.keys()
    for name, codes in expected.items():
        assert results[name].dtype == np.int8
        np.testing.assert_array_equal(results[name], codes, err_msg=name)


def drawn(seed, layers=3, kinds=ANY, count=5):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=layers, kinds=ALL_KINDS if seed % 3 == 0 else KINDS)
    return graph, random_codes(rng, graph, count), random_assignment(rng, graph, kinds), rng


def chain():
    graph = random_graph(np.random.default_rng(3), layers=4, kinds=("linear",))
    assert [type(node) for node in graph.nodes].count(Linear) == 4
    return graph
