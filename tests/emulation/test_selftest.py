import numpy as np
import pytest

from hawx_hw.emulation import Emulator, compiler, selftest
from hawx_hw.emulation.compiler import CompilerError
from hawx_hw.graph import reference
from hawx_hw.graph.random_graphs import random_codes, random_graph
from tests.emulation.blocks import full_rank, near_product, random_assignment, rank_one


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A copy of the kernels' sources to change, compiled into a cache of its own."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for path in compiler._SOURCES.glob("*.[ch]"):
        (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(compiler, "_SOURCES", folder)
    monkeypatch.setattr(compiler, "_FLAGS", ("-O0", *compiler._FLAGS[1:]))  # sooner compiled
    for cached in (compiler.library, compiler.supported, selftest._right):
        cached.cache_clear()
    yield folder
    for cached in (compiler.library, compiler.supported, selftest._right):
        cached.cache_clear()


WRONG = [
    ("sums[2 * p + 1] += (words)v >> 16", "sums[2 * p + 1] += (words)v >> 15"),
    ("sums[p] += entry[activations[p]]", "sums[p] -= entry[activations[p]]"),
    ("if (largest <= 65535 &&", "if (largest <= 2 * 65535 &&"),
    ("products->order[b * taps + k + t] * stride", "(k + t) * stride"),
    ("memset(padded, (uint8_t)w->pad,", "memset(padded, 0,"),
    ("    memcpy(offset, products->offset + filter, filters * sizeof *offset);", ""),
    ("words weight = weights[f]", "words weight = weights[0]"),
    ("(k + 1) * stride + p, 16", "k * stride + p, 16"),
    ("(k + 1) * stride + 2 * p, 16", "k * stride + 2 * p, 16"),
    ("((int16_t *)padded)[i] = (int16_t)w->pad", "((int16_t *)padded)[i] = 0"),
    ("out[x] = most;", "out[x] = 0;"),
    ("line[w->left + x] += from[x] - (int32_t)w->pad;", "line[w->left + x] += from[x];"),
    ("(a[i] * ma + b[i] * mb + c) >> shift", "(a[i] * mb + b[i] * ma + c) >> shift"),
    ("output[i] = map[input[i]];\n}\n\nvoid", "output[i] = map[input[i] & 127];\n}\n\nvoid"),
]


@pytest.mark.parametrize(("right", "wrong"), WRONG, ids=range(len(WRONG)))
def test_kernels_that_compute_wrong_sums_are_not_used(sources, right, wrong):
    (path,) = [path for path in sources.iterdir() if right in path.read_text()]
    text = path.read_text()
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong))
    rng = np.random.default_rng(0)
    graph = random_graph(rng)
    images = random_codes(rng, graph, 3)
    with pytest.warns(RuntimeWarning, match="compute wrong codes"):
        emulator = Emulator(graph)
    np.testing.assert_array_equal(emulator.run(images), reference.run(graph, images))
    with pytest.raises(CompilerError, match="compute wrong codes"):
        Emulator(graph, path="tables")


@pytest.mark.skipif(compiler.VARIANTS[1] not in compiler.supported(), reason="no AVX2")
def test_kernels_of_64_bytes_are_right_without_their_instructions(monkeypatch):
    """The AVX-512 variant compiled for AVX2: the same source, the same vector elements."""
    wide = compiler.Variant("wide", ("-DVECTOR=64", "-mavx2", "-mfma", "-Wno-psabi"), 1)
    monkeypatch.setattr(compiler, "VARIANTS", (wide,))
    assert selftest._right(wide)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        graph = random_graph(rng, max_channels=40, max_features=70)
        images = random_codes(rng, graph, 30)
        assignment = random_assignment(rng, graph, (full_rank, near_product, rank_one))
        monkeypatch.setattr(compiler, "supported", lambda: (wide,))
        result = Emulator(graph, variant="wide", threads=2).run(images, assignment)
        np.testing.assert_array_equal(result, reference.run(graph, images, assignment))


def test_right_kernels_pass(sources):
    assert selftest.checked_native(None, 1).variant == compiler.supported()[0]


@pytest.mark.skipif(len(compiler.supported()) < 2, reason="only one variant")
def test_narrower_kernels_take_the_place_of_wrong_ones(monkeypatch):
    widest, next_one = compiler.supported()[:2]
    right = selftest._right
    monkeypatch.setattr(selftest, "_right", lambda variant: variant != widest and right(variant))
    message = f"kernels for {widest.name} .* wrong codes; those for {next_one.name} are used"
    with pytest.warns(RuntimeWarning, match=message):
        assert selftest.checked_native(None, 1).variant == next_one


def test_a_cpu_that_cannot_run_a_variant(monkeypatch):
    monkeypatch.setattr(compiler, "supported", lambda: compiler.VARIANTS[:1])
    with pytest.raises(CompilerError, match="This CPU cannot run the kernels for avx2"):
        selftest.checked_native("avx2", 1)
