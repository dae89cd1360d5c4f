"""Vectors of testbenches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.flows.vectors import build_registers, build_vectors
from hawx_hw.gateware.register_map import ID
from hawx_hw.graph.reference import run
from tests.flows.builds import small_build


@pytest.mark.parametrize("architecture", ["systolic", "simt"])
def test_packets_are_those_of_the_reference(architecture: str, tmp_path: Path) -> None:
    build = small_build(tmp_path, architecture=architecture)
    plan = build.plan()
    vectors = build_vectors(build, 3)
    codes, labels = build.images(3)
    assert vectors.images.shape == (3, codes[0].size)
    # The channels of a pixel together.
    assert vectors.images[1].view(np.int8).tolist() == codes[1].transpose(1, 2, 0).ravel().tolist()
    expected = run(plan.graph, codes, plan.assignment)
    if expected.ndim == 4:
        expected = expected.transpose(0, 2, 3, 1)
    assert vectors.results.view(np.int8).tolist() == expected.reshape(3, -1).tolist()
    assert len(labels) == 3


def test_what_a_testbench_must_know(tmp_path: Path) -> None:
    build = small_build(tmp_path / "rom")
    values = build_vectors(build, 2).values()
    assert values["id"] == ID
    assert values["config_hash"] == int(build.program.config_hash, 16)
    assert (values["images"], values["image_bytes"], values["parameter_bytes"]) == (2, 36, 0)
    assert values["addresses"]["control"] == 0x10
    assert values["masks"] == {"auto": 2, "load_parameters": 4, "parameters_loaded": 16}
    assert values["config_hash"] == build_registers(build)["config_hash"].fields[0].reset


def test_files_hold_a_byte_a_line(tmp_path: Path) -> None:
    build = small_build(tmp_path / "loaded", loadable=True)
    vectors = build_vectors(build, 2)
    names = vectors.write(tmp_path, "tb")
    assert names == ["tb_images.hex", "tb_results.hex", "tb_parameters.hex"]
    lines = (tmp_path / "tb_parameters.hex").read_text().splitlines()
    assert bytes(int(line, 16) for line in lines) == vectors.parameters
    assert vectors.parameters == (build.folder / "mem" / "parameters.bin").read_bytes()
    assert len((tmp_path / "tb_images.hex").read_text().splitlines()) == vectors.images.size


def test_built_in_parameters_have_no_file(tmp_path: Path) -> None:
    vectors = build_vectors(small_build(tmp_path / "rom"), 1)
    assert vectors.write(tmp_path, "tb") == ["tb_images.hex", "tb_results.hex"]
