"""Flows of a config, from its build folder."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import create_model

from hawx_hw.config.base import Model
from hawx_hw.config.flows import options_model
from hawx_hw.config.load import load_config
from hawx_hw.config.models import Config
from hawx_hw.errors import UserError
from hawx_hw.flows import registry
from hawx_hw.flows.result import FlowResult
from hawx_hw.graph.storage import load_graph
from hawx_hw.pipeline import flows
from hawx_hw.pipeline.flows import options_of, run_config_flow, set_up_config_flow
from hawx_hw.pipeline.inputs import ASSIGNED
from hawx_hw.util.progress import console_for
from tests.flows.fake import DESCRIPTION, FLOW

OPTIONS = options_model(DESCRIPTION)
SECTION = create_model("Section", __base__=Model, fake=(OPTIONS, OPTIONS()))


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "flow_named", lambda name: DESCRIPTION)
    monkeypatch.setattr(registry, "flow_of", lambda name: FLOW)


def config_in(folder: Path, **options: object) -> Config:
    section = SECTION(fake=OPTIONS(**options))
    return load_config(folder / "tiny.yaml").model_copy(update={"flows": section})


def test_a_flow_runs_on_the_emitted_accelerator(emitted_project: Path) -> None:
    config = config_in(emitted_project, clock_mhz=40.0)
    options = options_of(config, "fake", {})
    folder = emitted_project / "build"
    (folder / "report.html").write_text("without the flow")
    stream = io.StringIO()
    result = run_config_flow(
        config, folder, "fake", options, console_for(stream), base=emitted_project
    )
    assert re.search(r"^fake: done in \d+\.\d s: \d checks? passed$", stream.getvalue(), re.M)
    assert result.failures == ()
    assert result.options == {"clock_mhz": 40.0, "fails": False, "checked": True}
    assert FlowResult.read(folder / "flows" / "fake") == result
    assert (folder / "flows" / "fake" / "rtl" / "hawx_accelerator.v").is_file()
    assert not (folder / "report.html").exists()


def test_options_of_a_flow_change_no_stage(emitted_project: Path, run) -> None:
    before = (emitted_project / "build" / "program.json").read_bytes()
    config = config_in(emitted_project, clock_mhz=41.0)
    console = console_for(silent=True)
    place = set_up_config_flow(
        config, emitted_project / "build", "fake", OPTIONS(), console, base=emitted_project,
        label="x",
    )  # fmt: skip
    assert place == emitted_project / "build" / "flows" / "fake.x"
    assert (emitted_project / "build" / "program.json").read_bytes() == before
    assert not any(outcome.ran for outcome in run(emitted_project, "emit"))


def test_verilog_that_somebody_changed_goes_into_no_flow(emitted_project: Path) -> None:
    path = emitted_project / "build" / "rtl" / "hawx_core.v"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(UserError, match="not what hawx emit wrote"):
        run_config_flow(
            config_in(emitted_project), emitted_project / "build", "fake", OPTIONS(),
            console_for(silent=True), base=emitted_project,
        )  # fmt: skip


def test_a_flow_gets_test_images_as_codes(
    emitted_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def check(self, build, options) -> None:
        taken.append(build.images(3))
        with pytest.raises(UserError, match="only 12 test images"):
            build.images(13)

    monkeypatch.setattr(type(FLOW), "check", check)
    set_up_config_flow(
        config_in(emitted_project), emitted_project / "build", "fake", OPTIONS(),
        console_for(silent=True), base=emitted_project,
    )  # fmt: skip
    graph = load_graph(emitted_project / "build" / ASSIGNED)
    [(codes, labels)] = taken
    assert codes.shape == (3, *graph.tensors[graph.input].shape)
    assert codes.dtype == np.int8
    assert labels.shape == (3,)
