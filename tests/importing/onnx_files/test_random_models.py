"""Random networks: real numbers against onnxruntime, then integers down to the Verilog."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.emulation.emulator import Emulator
from hawx_hw.errors import UserError
from hawx_hw.graph import fast, reference
from hawx_hw.graph.graph import Graph
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.quantize.calibration import quantize_layers
from tests.importing.onnx_files.models import compared
from tests.importing.onnx_files.quantizing import differences, integer_graph, quantized_file
from tests.importing.onnx_files.random_models import random_model
from tests.verification.test_random_networks import run

seeds = st.integers(0, 2**32 - 1)
drawn = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


def images_of(seed: int, shape: tuple[int, ...], count: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape)).astype(np.uint8)


def check(seed: int, **settings: Any) -> tuple[Graph, ImportedNetwork, np.ndarray]:
    """Real numbers equal the runtime's; integers are alike in all three interpreters."""
    made, shape = random_model(seed, **settings)
    images = images_of(seed, shape)
    with tempfile.TemporaryDirectory() as folder:
        network = compared(Path(folder), made, images=images, silent=True)
    graph = quantize_layers(network.layers, images, name="random")
    codes = graph.codes(images)
    expected = reference.run(graph, codes)
    np.testing.assert_array_equal(fast.run(graph, codes), expected)
    np.testing.assert_array_equal(Emulator(graph, threads=1).run(codes), expected)
    return graph, network, codes


@settings(drawn, max_examples=15)
@given(seeds)
def test_networks(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@settings(drawn, max_examples=400)
@given(seeds)
def test_many_networks(seed: int) -> None:
    check(seed)


def check_verilog(seed: int, parts: int = 4, size: int = 9) -> None:
    graph, _, codes = check(seed, plain=True, parts=parts, size=size)
    rows, columns = seed % 5 + 2, seed // 5 % 5 + 2
    try:
        mapped = plan(graph, ArrayShape.complete(rows, columns, loadable=bool(seed % 2)))
    except UserError as error:
        assert "cannot serve" in error.what
        assume(False)
    run(mapped, codes[:3], seed, "icarus")


def test_verilog() -> None:
    check_verilog(5, parts=1, size=6)


@pytest.mark.slow
@settings(drawn, max_examples=25)
@given(seeds)
def test_verilog_of_many(seed: int) -> None:
    check_verilog(seed)


def quantized_difference(seed: int) -> tuple[float, float]:
    """How far codes are from those of the runtime's own quantization, and their correlation."""
    made, shape = random_model(seed, parts=3)
    images = images_of(seed, shape, 8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.onnx"
        onnx.save(made, path)
        form = ("QDQ", "QOperator")[seed % 2]
        quantized = quantized_file(path, form=form, images=images)
        _, graph = integer_graph(quantized, images)
        error, correlation = differences(quantized, graph, images)
    return float(np.abs(error).max()), correlation


@settings(drawn, max_examples=6)
@given(seeds)
def test_quantized_by_the_runtime(seed: int) -> None:
    error, correlation = quantized_difference(seed)
    assert error < 1.01
    assert error == 0 or correlation >= 0.999


@pytest.mark.slow
def test_many_quantized_by_the_runtime() -> None:
    """A code of a layer within differs by one here and there, of which later layers make more."""
    results = [quantized_difference(seed) for seed in range(120)]
    assert np.mean([error < 1.01 for error, _ in results]) >= 0.9
    assert all(error == 0 or correlation >= 0.999 for error, correlation in results)
