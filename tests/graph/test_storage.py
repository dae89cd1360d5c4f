import copy
import hashlib
import json
import re
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Requantization
from hawx_hw.graph.random_graphs import ALL_KINDS, random_graph
from hawx_hw.graph.storage import graph_digest, graph_files, load_graph, save_graph
from hawx_hw.util.files import write_json


@pytest.fixture
def saved(tmp_path):
    graph = random_graph(np.random.default_rng(3), layers=4, output="vector")
    save_graph(graph, tmp_path / "graph")
    return tmp_path / "graph"


def assert_same(a, b):
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, Requantization):
        for field in fields(a):
            assert_same(getattr(a, field.name), getattr(b, field.name))
    else:
        assert a == b
        assert type(a) is type(b)


@given(st.integers(0, 2**32), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_reloads_to_the_same_bits(tmp_path_factory, seed, layers):
    path = tmp_path_factory.mktemp("graphs") / "a.b"
    graph = random_graph(np.random.default_rng(seed), layers=layers, kinds=ALL_KINDS)
    table = np.random.default_rng(seed).integers(-128, 128, (1, 256)).astype(np.int8)
    graph = replace(graph, pixels=table)
    save_graph(graph, path)
    again = load_graph(path)
    assert (again.name, again.input, again.tensors) == (graph.name, graph.input, graph.tensors)
    assert list(again.tensors) == list(graph.tensors)
    assert_same(again.pixels, graph.pixels)
    for before, after in zip(graph.nodes, again.nodes, strict=True):
        assert type(before) is type(after)
        for field in fields(before):
            assert_same(getattr(before, field.name), getattr(after, field.name))
    files = [file.read_bytes() for file in graph_files(path)]
    save_graph(again, path)
    assert files == [file.read_bytes() for file in graph_files(path)]


def test_file_names(saved):
    assert sorted(path.name for path in saved.parent.iterdir()) == ["graph.json", "graph.npz"]


def test_the_archive_is_an_ordinary_npz(saved):
    graph = load_graph(saved)
    with np.load(graph_files(saved)[0], allow_pickle=False) as arrays:
        node = graph.nodes[-1]
        np.testing.assert_array_equal(arrays[f"{node.name}.weight"], node.weight)
        assert sorted(arrays.files) == arrays.files


def test_members_have_a_fixed_time(saved):
    with zipfile.ZipFile(graph_files(saved)[0]) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {member.create_system for member in archive.infolist()} == {3}


def refused(path):
    with pytest.raises(UserError) as caught:
        load_graph(path)
    return str(caught.value)


@pytest.mark.parametrize("which", [0, 1])
def test_missing(saved, which):
    file = graph_files(saved)[which]
    file.unlink()
    assert refused(saved) == (
        f"{file}: The file of the integer graph is missing. Run the quantize stage."
    )


def test_any_altered_byte_of_the_archive_is_detected(saved):
    archive = graph_files(saved)[0]
    whole = archive.read_bytes()
    for position in range(0, len(whole), 41):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << (position % 8)
        archive.write_bytes(damaged)
        assert "its SHA-256 differs" in refused(saved)
    archive.write_bytes(whole[:-1])
    assert "its SHA-256 differs" in refused(saved)


def test_halves_of_two_graphs(saved):
    other = saved.with_name("other")
    save_graph(random_graph(np.random.default_rng(4), layers=3), other)
    graph_files(other)[0].replace(graph_files(saved)[0])
    assert refused(saved).startswith(f"{graph_files(saved)[0]}: The file is not the one that")


def test_another_schema(saved):
    description = graph_files(saved)[1]
    document = json.loads(description.read_text()) | {"schema": 3}
    write_json(description, document)
    assert "The integer graph is of schema 3; this program reads 2." in refused(saved)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "\udc80", pytest.param("[" * 100_000, id="deep")]
)
def test_no_json(saved, text):
    graph_files(saved)[1].write_bytes(text.encode(errors="surrogateescape"))
    assert refused(saved).startswith(f"{graph_files(saved)[1]}: The integer graph ")


def drop(document, rng):
    """Remove or spoil one random value somewhere in the document."""
    place, key = document, None
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = keys[rng.integers(len(keys))]
        if not isinstance(place[key], dict | list) or rng.random() < 0.2:
            break
        place = place[key]
    if rng.random() < 0.4:
        del place[key]
    else:
        place[key] = [None, "x", -1, 10**6, [], {}, 1.5][rng.integers(7)]


def test_no_damage_of_the_description_escapes(saved):
    description = graph_files(saved)[1]
    whole = description.read_text()
    for seed in range(300):
        document = json.loads(whole)
        drop(document, np.random.default_rng(seed))
        write_json(description, document)
        if description.read_text() != whole:
            assert re.search(r"integer graph (is|was)", refused(saved))


def test_no_forged_description_escapes(saved):
    """With right checksums: a graph, or one UserError."""
    description = graph_files(saved)[1]
    whole = json.loads(description.read_text())
    del whole["sha256"]
    read = 0
    for seed in range(300):
        document = copy.deepcopy(whole)
        drop(document, np.random.default_rng(seed))
        text = json.dumps(document, sort_keys=True)
        write_json(description, document | {"sha256": hashlib.sha256(text.encode()).hexdigest()})
        try:
            load_graph(saved)
            read += 1
        except UserError as error:
            assert re.search(r"integer graph is|SHA-256 differs", str(error))
    assert 0 < read < 100


@pytest.mark.parametrize(
    ("key", "value"),
    [("stride", [1.0, 1]), ("stride", [True, 1]), ("stride", "11"), ("inputs", [1]), ("name", 3)],
)
def test_values_have_their_types(saved, key, value):
    description = graph_files(saved)[1]
    document = json.loads(description.read_text())
    del document["sha256"]
    node = next(node for node in document["nodes"] if "stride" in node)
    node[key] = value
    text = json.dumps(document, sort_keys=True)
    write_json(description, document | {"sha256": hashlib.sha256(text.encode()).hexdigest()})
    assert "The integer graph is no graph: " in refused(saved)


def test_a_digest_is_of_all_that_a_graph_is(saved):
    graph = load_graph(saved)
    weighted = next(node for node in graph.nodes if hasattr(node, "bias"))
    rule = weighted.requantization
    others = [
        replace(weighted, bias=weighted.bias + 1),
        replace(weighted, requantization=replace(rule, multiplier=rule.multiplier + 1)),
    ]
    graphs = [
        replace(graph, nodes=tuple(each if n is weighted else n for n in graph.nodes))
        for each in others
    ]
    scaled = {n: replace(t, scale=2 * t.scale) for n, t in graph.tensors.items()}
    graphs.append(replace(graph, tensors=scaled))
    assert graph_digest(graph) == graph_digest(load_graph(saved))
    assert len({graph_digest(each) for each in (graph, *graphs)}) == 4
