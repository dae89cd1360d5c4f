"""Setting up, running, judging."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.config.flows import FlowNeed, options_model
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.frame import flow_folder, run_flow, set_up
from hawx_hw.flows.result import FlowResult, flow_results
from tests.flows.builds import small_build
from tests.flows.fake import DESCRIPTION, FLOW

OPTIONS = options_model(DESCRIPTION)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small_build(tmp_path_factory.mktemp("build"))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_input_gives_the_same_bytes_that_name_no_place(build: Build) -> None:
    first = contents(set_up(FLOW, build, OPTIONS()))
    second = contents(set_up(FLOW, build, OPTIONS(), label="again"))
    assert first == second
    assert {"rtl/filelist.f", "rtl/hawx_accelerator.v", "tool.py"} <= first.keys()
    assert not any(str(build.folder).encode() in content for content in first.values())


def test_a_run_leaves_a_result_and_a_log(build: Build) -> None:
    tools: list[str] = []
    result = run_flow(FLOW, DESCRIPTION, build, OPTIONS(), progress=tools.append)
    folder = flow_folder(build.folder, "fake")
    assert result.failures == ()
    assert result.accelerator_sha256 == build.digest()
    assert result.report.checks[0].detail == f"{len(build.sources)} files"
    assert tools == ["counter"]
    assert (folder / "counter.log").read_text() == "counting\n"
    assert FlowResult.read(folder) == result
    assert flow_results(build.folder)["fake"] == result


def test_a_clock_that_is_missed_and_no_check_are_failures(build: Build) -> None:
    missed = run_flow(FLOW, DESCRIPTION, build, OPTIONS(clock_mhz=61.0), label="missed")
    assert missed.failures == ("the clock clk must run at 61 MHz: 60.0 MHz reached",)
    nothing = run_flow(FLOW, DESCRIPTION, build, OPTIONS(checked=False), label="nothing")
    assert nothing.failures == ("nothing was checked",)
    assert FlowResult.read(flow_folder(build.folder, "fake", "missed")) == missed


def test_a_tool_that_fails_is_reported_by_its_last_lines(build: Build) -> None:
    with pytest.raises(FlowError, match=r"status 1: counting / there is something wrong \(log: "):
        run_flow(FLOW, DESCRIPTION, build, OPTIONS(fails=True), label="fails")
    folder = flow_folder(build.folder, "fake", "fails")
    assert not (folder / FlowResult.FILE).exists()
    assert "fake.fails" not in flow_results(build.folder)


def test_an_earlier_result_does_not_outlive_a_run_that_fails(build: Build) -> None:
    run_flow(FLOW, DESCRIPTION, build, OPTIONS(), label="twice")
    with pytest.raises(FlowError):
        run_flow(FLOW, DESCRIPTION, build, OPTIONS(fails=True), label="twice")
    assert "fake.twice" not in flow_results(build.folder)


def test_a_missing_tool_is_reported_before_anything_is_written(build: Build) -> None:
    need = FlowNeed(name="sieve", program="no-such-sieve", install="apt-get install sieve")
    needy = DESCRIPTION.model_copy(update={"needs": (need,)})
    with pytest.raises(UserError, match=r"sieve is not installed.*apt-get install sieve"):
        run_flow(FLOW, needy, build, OPTIONS(), label="needy")
    assert not flow_folder(build.folder, "fake", "needy").exists()


def test_a_setup_that_fails_leaves_the_earlier_folder(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = set_up(FLOW, build, OPTIONS(), label="safe")
    before = contents(folder)

    def fail(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(type(FLOW), "setup", fail)
    with pytest.raises(OSError, match="no room"):
        set_up(FLOW, build, OPTIONS(), label="safe")
    assert contents(folder) == before
    assert not list(folder.parent.glob("*.part"))


def test_a_link_is_not_followed(build: Build, tmp_path: Path) -> None:
    folder = flow_folder(build.folder, "fake", "link")
    folder.parent.mkdir(exist_ok=True)
    Path(folder).symlink_to(tmp_path)
    with pytest.raises(UserError, match="link"):
        set_up(FLOW, build, OPTIONS(), label="link")
    folder.unlink()
