"""The netlist in the accelerator's testbench, and what is not taken for a success."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.config.flows import flow_named, options_model, with_options
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.result import FlowResult
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools import gate_level
from hawx_hw.flows.tools.gate_level import FLOW
from hawx_hw.synthesis.store import Store
from hawx_hw.verification.job import Job, load_job
from hawx_hw.verification.result import ScenarioResult, SimulationResult
from hawx_hw.verification.run import Mismatch
from tests.flows.golden import assert_golden
from tests.flows.netlists import synthesized_build

DESCRIPTION = flow_named("gate_level")


def options(**given: object) -> Any:
    return with_options(DESCRIPTION, options_model(DESCRIPTION)(), given)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, shared_store: Store) -> Build:
    return synthesized_build(tmp_path_factory.mktemp("accelerator"), shared_store)


@pytest.fixture(scope="module")
def folder(build: Build) -> Path:
    return set_up(FLOW, build, options(), label="judged")


def judged(folder: Path) -> tuple[str, ...]:
    """What is wrong with a run in the folder."""
    FLOW.run(folder, options(), Runner(folder, 60))
    result = FlowResult(
        tool="gate_level", title="", standing="real", options={}, accelerator_sha256="",
        seconds=0.0, report=FLOW.result(folder, options()),
    )  # fmt: skip
    return result.failures


def outcome_of(job: Job, **changes: Any) -> SimulationResult:
    """A simulation in which all is right, but for the changes."""
    content: dict[str, Any] = {
        "images": len(job.images),
        "traced": 0,
        "inferences": 9,
        "mismatches": 0,
        "cycles_per_image": job.cycles,
        "cycles_predicted": job.cycles,
        "cycles_of_layers": {},
        "scenarios": {name: ScenarioResult(passed=True, failures=()) for name in job.scenarios},
        "simulator": "verilator",
    }
    return SimulationResult(**{**content, **changes})


def test_the_folder_is_complete(build: Build) -> None:
    folder = set_up(FLOW, build, options(scenarios="all"))
    assert_golden(folder, "gate_level", ("*.vlt", "*/filelist.f"))
    listed = (folder / "rtl" / "filelist.f").read_text().split()
    assert all((folder / "rtl" / name).is_file() for name in listed)
    job = load_job(folder / "job.json")
    images, _ = build.images(2)
    assert (len(job.images), job.traced) == (len(images), 0)
    assert "stalls" in job.scenarios
    only = set_up(FLOW, build, options(images=3, seed=7), label="only")
    job = load_job(only / "job.json")
    assert (job.scenarios, len(job.images), job.seed) == (("inference",), 3, 7)


def test_the_same_input_gives_the_same_bytes_and_no_path(build: Build) -> None:
    one, two = (set_up(FLOW, build, options(), label=label) for label in ("one", "two"))
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(files) > 8
    for file in files:
        content = (one / file).read_bytes()
        assert content == (two / file).read_bytes(), file
        assert os.fsencode(build.folder) not in content


def test_memory_images_of_another_network_are_refused(build: Build) -> None:
    path = build.memories[0]
    content = path.read_text()
    path.write_text(content.replace(content[0], "0" if content[0] != "0" else "1", 1))
    with pytest.raises((UserError, VerificationError), match=path.stem):
        set_up(FLOW, build, options())
    path.write_text(content)


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({}, None),
        ({"mismatches": 1}, "every result is that of the integer network"),
        ({"images": 1}, "every result is that of the integer network"),
        ({"inferences": 0}, "every result is that of the integer network"),
        ({"cycles_per_image": 17}, "an image takes the cycles of the cycle model: 17 cycles"),
        ({"cycles_per_image": None}, "an image takes the cycles of the cycle model: None"),
        ({"scenarios": {}}, "the testbench passes: passed: nothing; not passed: inference"),
        (
            {"scenarios": {"inference": ScenarioResult(passed=False, failures=("x",))}},
            "the testbench passes: passed: nothing; not passed: inference",
        ),
    ],
)
def test_what_a_simulation_reports_is_judged(
    folder: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], failure: str | None
) -> None:
    monkeypatch.setattr(gate_level, "verify", lambda folder, job, **_: outcome_of(job, **changes))
    failures = judged(folder)
    assert len(failures) == (failure is not None)
    if failure is not None:
        assert failures[0].startswith(failure)


def test_a_difference_is_a_failure_with_the_first_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(folder: Path, job: Job, **_: object) -> SimulationResult:
        raise Mismatch("image 0, channel 1 is 5", outcome_of(job, mismatches=1))

    monkeypatch.setattr(gate_level, "verify", differs)
    assert "image 0, channel 1 is 5" in judged(folder)[0]


def test_a_simulation_that_compares_nothing_is_a_failure(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(folder: Path, job: Job, **_: object) -> SimulationResult:
        raise VerificationError("The testbench did not report.")

    monkeypatch.setattr(gate_level, "verify", nothing)
    with pytest.raises(FlowError, match="The testbench did not report"):
        judged(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "loadable"), [("systolic", False), ("systolic", True), ("simt", False)]
)
def test_an_accelerator(
    tmp_path: Path, shared_store: Store, architecture: str, loadable: bool
) -> None:
    build = synthesized_build(tmp_path, shared_store, architecture=architecture, loadable=loadable)
    result = run_flow(FLOW, DESCRIPTION, build, options(images=3, scenarios="all"))
    assert result.failures == ()
    assert result.report.numbers["images"] == 3
    assert result.report.numbers["inferences"] > 10
    assert result.seconds > 1


@pytest.mark.slow
def test_a_wrong_cell_is_detected(build: Build) -> None:
    """One gate of a PE's block, of another kind."""
    chosen = options()
    folder = set_up(FLOW, build, chosen, label="wrong")
    path = folder / "rtl" / "hawx_netlist.v"
    head, block = path.read_text().split("\nmodule hawx_block_", 1)
    changed = block.replace("  NOR2 ", "  NAND2 ", 1)
    assert changed != block
    path.write_text(f"{head}\nmodule hawx_block_{changed}")
    FLOW.run(folder, chosen, Runner(folder, 600))
    report = FLOW.result(folder, chosen)
    assert not report.checks[0].passed
    assert np.isfinite(report.numbers["cycles of an image"])
