"""``hawx flow``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from pydantic import create_model
from typer.testing import CliRunner

import hawx_hw.cli.report
import hawx_hw.config.flows
import hawx_hw.config.load
import hawx_hw.pipeline.flows
from hawx_hw.cli.flow import flow
from hawx_hw.config.base import Model
from hawx_hw.config.flows import FlowEnvironment, FlowNeed, options_model
from hawx_hw.errors import UserError
from hawx_hw.flows.base import FlowError
from hawx_hw.flows.result import FlowResult
from tests.flows.fake import DESCRIPTION
from tests.flows.test_result import PASSED, result

app = typer.Typer()
app.command()(flow)
OPTIONS = options_model(DESCRIPTION)


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, object]]:
    """The runs that are asked for; each has the result of one that passed its check."""
    monkeypatch.chdir(tmp_path)
    Path("x.yaml").write_text("name: x\nnetwork: {model: lenet5, dataset: digits}\n", "utf-8")
    section = create_model("Section", __base__=Model, fake=(OPTIONS, OPTIONS()))()
    load = hawx_hw.config.load.load_config
    monkeypatch.setattr(
        hawx_hw.config.load,
        "load_config",
        lambda path: load(path).model_copy(update={"flows": section}),
    )
    monkeypatch.setattr(hawx_hw.config.flows, "flow_named", lambda name: DESCRIPTION)
    monkeypatch.setattr(hawx_hw.pipeline.flows, "flow_named", lambda name: DESCRIPTION)
    asked: list[dict[str, object]] = []

    def run(config, folder, name, options, console, **keys) -> FlowResult:
        index = None if config.search is None else config.search.index
        asked.append({"folder": folder, "name": name, "index": index})
        asked[-1].update(**options.model_dump(), **keys)
        return result(*([PASSED] if options.checked else []))

    monkeypatch.setattr(hawx_hw.pipeline.flows, "run_config_flow", run)
    return asked


def hawx(*words: str) -> tuple[str, BaseException | None]:
    done = CliRunner().invoke(app, words)
    return done.stdout, done.exception if done.exit_code else None


def test_a_run_prints_what_was_checked(calls) -> None:
    text, error = hawx("fake", "x.yaml", "--option", "clock_mhz=12.5", "--label", "slow")
    assert error is None
    assert "passed; 1 of 1" in text
    [call] = calls
    assert call["folder"] == Path("build/x")
    assert (call["clock_mhz"], call["label"]) == (12.5, "slow")


@pytest.mark.parametrize("fails", [False, True])
def test_a_report_that_was_there_shows_the_flow(
    fails: bool, calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flow removes it; where there was none, none is written."""
    page = Path("build/x/report.html")

    def run(config, folder, *rest, **keys) -> FlowResult:
        page.unlink(missing_ok=True)
        if fails:
            raise FlowError("fake: The tool broke.")
        return result(PASSED)

    monkeypatch.setattr(hawx_hw.pipeline.flows, "run_config_flow", run)
    written: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        hawx_hw.cli.report, "write_report", lambda _, config, *rest: written.append(rest)
    )
    hawx("fake", "x.yaml")
    assert not written
    page.parent.mkdir(parents=True)
    page.write_text("as it was", "utf-8")
    _, error = hawx("fake", "x.yaml")
    assert (error is not None) == fails
    if fails:
        assert isinstance(error, FlowError) and str(error) == "fake: The tool broke."
    assert written == [(Path("build/x"), "x.yaml", Path(), None)]


@pytest.mark.parametrize("tool", ["fake", "asic"])
def test_a_point_of_the_front_is_taken_further(
    tool: str, calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hawx_hw.config.flows, "flow_descriptions", lambda: {"fake": DESCRIPTION})
    for words, index in ((("--index", "4"), 4), ((), None)):
        _, error = hawx(tool, "x.yaml", *words)
        assert error is None
        assert calls.pop()["index"] == index


def test_json(calls) -> None:
    text, error = hawx("fake", "x.yaml", "--json")
    assert error is None
    assert json.loads(text)["fake"]["report"]["checks"][0]["passed"] is True


def test_a_flow_that_failed_has_status_1(calls) -> None:
    text, error = hawx("fake", "x.yaml", "--option", "checked=false")
    assert isinstance(error, FlowError)
    assert str(error) == "fake: nothing was checked"
    assert "A flow" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fake",), "Name a config"),
        (("fake", "no.yaml"), "There is no config"),
        (("fake", "x.yaml", "--option", "clock_mhz"), "is no option"),
        (("fake", "x.yaml", "--option", "clock_mhz=fast"), "--option clock_mhz"),
        (("fake", "x.yaml", "--option", "colour=red"), "no option 'colour'"),
        (("fake", "x.yaml", "--label", "../up"), "--label"),
    ],
)
def test_wrong_words(words: tuple[str, ...], message: str, calls) -> None:
    _, error = hawx(*words)
    assert isinstance(error, UserError)
    assert message in str(error)
    assert calls == []


def test_a_missing_tool_is_reported_before_the_build(
    calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    need = FlowNeed(name="sieve", program="no-such-sieve", install="apt-get install sieve")
    needy = DESCRIPTION.model_copy(update={"needs": (need,)})
    monkeypatch.setattr(hawx_hw.config.flows, "flow_named", lambda name: needy)
    _, error = hawx("fake", "x.yaml")
    assert isinstance(error, UserError)
    assert "apt-get install sieve" in str(error)
    assert calls == []


def test_list_and_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hawx_hw.config.flows, "flow_descriptions", lambda: {"fake": DESCRIPTION})
    text, error = hawx("list")
    assert error is None
    assert "A flow for tests" in text
    assert "ready" in text
    [entry] = json.loads(hawx("list", "--json")[0])
    assert entry["options"]["clock_mhz"]["default"] == 50.0
    assert "no environment" in hawx("install", "fake")[0]


def test_the_rest_of_a_group_runs_where_a_tool_fails(
    calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = {name: DESCRIPTION.model_copy(update={"name": name}) for name in ("fake", "fake2")}
    monkeypatch.setattr(hawx_hw.config.flows, "flow_descriptions", lambda: flows)
    monkeypatch.setattr(hawx_hw.pipeline.flows, "options_of", lambda *_: OPTIONS())
    passing = hawx_hw.pipeline.flows.run_config_flow

    def run(config, folder, name, *rest, **keys) -> FlowResult:
        if name == "fake":
            raise FlowError("the sieve leaks")
        return passing(config, folder, name, *rest, **keys)

    monkeypatch.setattr(hawx_hw.pipeline.flows, "run_config_flow", run)
    text, error = hawx("asic", "x.yaml")
    assert isinstance(error, FlowError)
    assert str(error) == "fake: the sieve leaks"
    assert [call["name"] for call in calls] == ["fake2"]
    assert "passed; 1 of 1" in text


def test_a_group_leaves_out_what_this_python_cannot_run(
    calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = FlowEnvironment(packages=("six==1.17.0",), newest_python="3.9")
    flows = {
        "old": DESCRIPTION.model_copy(update={"name": "old", "environment": old}),
        "fake": DESCRIPTION,
    }
    monkeypatch.setattr(hawx_hw.config.flows, "flow_descriptions", lambda: flows)
    done = CliRunner().invoke(app, ["asic", "x.yaml"])
    assert done.exit_code == 0
    assert [call["name"] for call in calls] == ["fake"]
    assert "old is left out: Packages of old are not published for" in done.stderr


def test_a_group_with_nothing_left_is_refused(calls, monkeypatch: pytest.MonkeyPatch) -> None:
    old = FlowEnvironment(packages=("six==1.17.0",), newest_python="3.9")
    flows = {"fake": DESCRIPTION.model_copy(update={"environment": old})}
    monkeypatch.setattr(hawx_hw.config.flows, "flow_descriptions", lambda: flows)
    for words in (("asic", "x.yaml"), ("install", "asic")):
        _, error = hawx(*words)
        assert isinstance(error, UserError)
        assert error.exit_status == 2
        assert error.what == "No flow of asic can run with this Python: nothing is left."
    assert calls == []
