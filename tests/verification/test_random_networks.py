"""Random networks through the whole path: graph, plan, Verilog, simulator, result and cycles."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.assignment.space import Space
from hawx_hw.blocks import by_name
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.errors import UserError
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.verification.accelerator_job import verify_accelerator
from tests.architectures.simt.networks import UNITS, random_plan
from tests.search.small import small_graph, small_images
from tests.synthetic_blocks import random_assignment

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="Icarus Verilog is not installed"
)
path = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    # A network takes seconds: the first that fails is reported unchanged, not made smaller.
    phases=[Phase.explicit, Phase.generate],
)
Network = tuple[int, int, int, int, bool, bool]


def networks(*, layers: int, side: int) -> st.SearchStrategy[Network]:
    """Networks of so many layers at most, on arrays of so many rows and columns at most."""
    return st.tuples(
        st.integers(0, 2**32 - 1),  # seed
        st.integers(1, layers),
        st.integers(1, side),  # rows
        st.integers(1, side),  # columns
        st.booleans(),  # loadable
        st.booleans(),  # blocks of all kinds, or exact ones
    )


def check(
    network: Network,
    simulator: str,
    *,
    size: int = 7,
    channels: int = 9,
    initial_values: bool = True,
) -> None:
    """Every store of every layer of two images, stalls, resets, wrong packets; exact cycles."""
    seed, layers, rows, columns, loadable, mixed = network
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=layers, max_size=size, max_channels=channels)
    assignment = random_assignment(rng, graph, slices=rows > 1) if mixed else None
    architecture = ArrayShape.complete(rows, columns, loadable=loadable)
    try:
        mapped = plan(graph, architecture, assignment)
    except UserError as error:
        assert "cannot serve" in error.what
        assume(False)
    run(mapped, random_codes(rng, graph, 3), seed, simulator, initial_values)


def run(
    mapped: Plan, images: np.ndarray, seed: int, simulator: str, initial_values: bool = True
) -> None:
    """Emit and verify an accelerator."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        emit_accelerator(
            mapped,
            folder / "accelerator",
            config_hash=seed % 2**32,
            initial_values=initial_values,
        )
        report = verify_accelerator(
            folder / "accelerator",
            mapped,
            images,
            config_hash=seed % 2**32,
            traced=2,
            simulator=simulator,
            workdir=folder / "work",
            seed=seed,
        )
    assert report.mismatches == 0
    assert report.images == 3
    assert report.cycles_per_image == report.cycles_predicted


@needs_icarus
@settings(path, max_examples=1)
@example((8, 3, 4, 5, True, True))
@given(networks(layers=3, side=5))
def test_icarus(network: Network) -> None:
    """Small ones: Icarus interprets, where Verilator compiles."""
    check(network, "icarus", size=5, channels=5)


@pytest.mark.slow
@needs_icarus
@settings(path, max_examples=20)
@given(networks(layers=3, side=5))
def test_many_with_icarus(network: Network) -> None:
    check(network, "icarus", size=5, channels=5)


@needs_icarus
def test_parts_of_kernels_are_skipped() -> None:
    """Groups of filters whose kernel columns have blocks of their own, some of which skip."""
    graph = small_graph()
    blocks = [by_name(name) for name in ("none", "roup(p=1,r=2)", "exact")]
    groups = {"b": np.array([0, 1, 1]), "c": np.array([0, 1, 0, 1, 0]), "d": np.zeros(4, int)}
    space = Space.by_granularity(graph, blocks, "kernel", "columns", groups=groups)
    vector = np.random.default_rng(2).integers(0, 3, space.units)
    assignment = space.assignment(vector)
    assert [len(assignment[name].blocks) for name in "ab"] == [3, 3]
    images = small_images(graph, 3)[0]
    compensated = Compensated(graph, space, images)(vector)
    run(plan(compensated, ArrayShape.complete(4, 3), assignment), images, 3, "icarus")


@needs_icarus
def test_reset_suffices_for_an_array() -> None:
    """Every register and memory is unknown at first, as after the power-up of an ASIC."""
    check((8, 3, 4, 5, True, True), "icarus", size=5, channels=5, initial_values=False)


@settings(path, max_examples=1)
@given(networks(layers=4, side=9))
def test_verilator(network: Network) -> None:
    check(network, "verilator")


@pytest.mark.slow
@settings(path, max_examples=30)
@given(networks(layers=4, side=9))
def test_many_with_verilator(network: Network) -> None:
    check(network, "verilator")


def check_unit(seed: int, simulator: str, debug: bool = False, initial_values: bool = True) -> None:
    """The same of a SIMT unit: shapes, blocks and parameters by the number."""
    mapped = random_plan(seed)
    if debug:
        accelerator = mapped.accelerator.model_copy(update={"debug": True})
        mapped = dataclasses.replace(mapped, accelerator=accelerator)
    images = random_codes(np.random.default_rng(seed), mapped.graph, 3)
    run(mapped, images, seed, simulator, initial_values)


@needs_icarus
def test_reset_suffices_for_a_unit() -> None:
    check_unit(19, "icarus", initial_values=False)


# Six lanes of three codes a word, loaded.
@needs_icarus
def test_units_with_icarus() -> None:
    check_unit(19, "icarus")


# Thirteen lanes, loaded; it is also stepped, and its counters are read.
@pytest.mark.parametrize("seed", [15])
def test_units_with_verilator(seed: int) -> None:
    check_unit(seed, "verilator", debug=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2 * len(UNITS)))
def test_many_units_with_verilator(seed: int) -> None:
    check_unit(seed, "verilator")
