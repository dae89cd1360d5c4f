"""The driver in C of examples/driver, compiled strictly, and run with the accelerator's Verilog."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.graph.reference import run as reference
from hawx_hw.simulation.simulators import find_simulator
from tests.docs.driver_builds import digits, emit, plan, write_headers
from tests.docs.pages import ROOT, Walk, blocks

DRIVER = ROOT / "examples" / "driver"
PAGE = ROOT / "docs" / "how-to" / "integrate.md"
IMAGES = 3


def make(folder: Path, *targets: str) -> str:
    """Build targets of the driver's Makefile with an emitted accelerator; what it prints."""
    simulator = find_simulator("verilator")
    command = ["make", "-C", str(DRIVER), f"BUILD={folder}", f"VERILATOR={simulator.executable}"]
    done = subprocess.run(
        [*command, *targets],
        env={**os.environ, **simulator.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
    )
    if done.returncode:
        raise AssertionError(done.stdout[-3000:])
    return done.stdout


def simulate(folder: Path, *arguments: str) -> str:
    """Run the simulation; what it prints."""
    parameters = folder / "mem" / "parameters.bin"
    files = [str(parameters)] if parameters.exists() else []
    done = subprocess.run(
        [folder / "driver" / "simulation", *arguments, *files],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def check_classes(output: str, results: np.ndarray) -> None:
    lines = re.findall(r"^image \d+: class (\d+), \d+ cycles, logits (.*)$", output, re.MULTILINE)
    assert len(lines) == len(results) > 0
    for (number, logits), result in zip(lines, results):
        assert [*map(int, logits.split())] == result.tolist()
        assert int(number) == result.argmax()


def check_driver(architecture: str, folder: Path) -> None:
    on = plan(architecture)
    emit(on, folder)
    make(folder)
    images = digits().images[:IMAGES]
    path = folder / "images.bin"
    path.write_bytes(np.moveaxis(images, 1, -1).tobytes())
    results = reference(on.graph, on.graph.codes(images), on.assignment)
    assert len({*results.argmax(axis=1)}) > 1
    check_classes(simulate(folder, str(path)), results)
    checks = simulate(folder, "--check", str(path)).splitlines()
    assert len(checks) > 10
    assert all(line.startswith("right: ") for line in checks)


def test_real_images_and_errors(tmp_path: Path) -> None:
    check_driver("systolic", tmp_path / "build")


@pytest.mark.slow
def test_real_images_and_errors_of_a_unit(tmp_path: Path) -> None:
    check_driver("simt", tmp_path / "build")


def test_the_driver_compiles_with_the_headers_of_a_unit(tmp_path: Path) -> None:
    write_headers(plan("simt"), tmp_path)
    names = [f"{source.stem}.o" for source in DRIVER.glob("*.c")]
    assert len(names) == 3
    printed = make(tmp_path, *(str(tmp_path / "driver" / name) for name in names))
    for option in ("-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic"):
        assert printed.count(f" {option} ") == len(names)


def test_headers_of_two_builds_are_refused(tmp_path: Path) -> None:
    write_headers(plan("systolic"), tmp_path)
    pixels = tmp_path / "hawx_pixels.h"
    pixels.write_text(pixels.read_text().replace("HEIGHT 28u", "HEIGHT 27u"))
    with pytest.raises(AssertionError, match="are of different accelerators"):
        make(tmp_path, str(tmp_path / "driver" / "hawx_driver.o"))


def test_the_program_of_the_page(tmp_path: Path) -> None:
    write_headers(plan("systolic"), tmp_path)
    (program,) = (block.text for block in blocks(PAGE) if block.language == "c")
    declared = (
        '#include "hawx_driver.h"\nextern const struct hawx_bus my_bus;\n'
        "extern const uint8_t my_parameters[], my_pixels[];\n"
    )
    (tmp_path / "main.c").write_text(declared + program)
    options = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]
    command = ["cc", *options, f"-I{DRIVER}", f"-I{tmp_path}", str(tmp_path / "main.c")]
    subprocess.run(command, check=True)


def test_the_table_of_outcomes_of_the_page() -> None:
    named = set(re.findall(r"`(HAWX_[A-Z_]+)`", PAGE.read_text().partition("| outcome |")[2]))
    header = (DRIVER / "hawx_driver.h").read_text()
    outcomes = set(re.findall(r"^  (HAWX_\w+)", header.partition("enum hawx_outcome")[2], re.M))
    assert named >= outcomes - {"HAWX_OK"}


@pytest.mark.slow
def test_the_page(tmp_path: Path) -> None:
    """All of it, with LeNet-5."""
    shutil.copytree(DRIVER, tmp_path / "examples" / "driver")
    assert Walk(tmp_path, seconds=600).follow(blocks(PAGE)) > 3
    shown = re.findall(r"^image \d+: class (\d+)", PAGE.read_text(), re.MULTILINE)
    labels = datasets.load("digits").test.labels[: len(shown)]
    assert shown == [str(label) for label in labels]
