import json
from pathlib import Path

import pytest

from hawx_hw.cli import characterize, job, profile, search
from hawx_hw.config.load import load_config
from hawx_hw.pipeline import order
from hawx_hw.pipeline.order import STAGES, SUMMARY, pipeline_of
from hawx_hw.pipeline.stage import Stage
from hawx_hw.report.result import SummaryResult
from hawx_hw.util.progress import console_for
from tests.report.samples import QUANTIZE, VERIFY


def test_every_stage_stands_after_those_that_it_needs() -> None:
    known: set[str] = set()
    for stage in STAGES:
        assert known.issuperset(stage.needs), stage.name
        known.add(stage.name)


def test_names_are_those_of_the_modules() -> None:
    assert [stage.name for stage in STAGES] == [
        stage.run.__module__.rpartition(".")[2] for stage in STAGES
    ]
    assert len({stage.name for stage in STAGES}) == len(STAGES)


def test_runs_end_with_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one of the config of the run: what another config made is not in it."""
    stages = (
        Stage("quantize", lambda context: context.write(QUANTIZE), settings=("network",)),
        Stage("verify", lambda context: context.write(VERIFY), settings=("verify",)),
    )
    monkeypatch.setattr(order, "STAGES", stages)
    text = "name: tiny\nnetwork: {model: lenet5, dataset: digits}\nverify: {images: %s}\n"

    def summary(images: int, last: str) -> SummaryResult:
        (tmp_path / "tiny.yaml").write_text(text % images)
        config = load_config(tmp_path / "tiny.yaml")
        pipeline = pipeline_of(config, tmp_path / "build", console_for(silent=True), base=tmp_path)
        pipeline.run(pipeline.until(last))
        return SummaryResult.read(tmp_path / "build")

    assert SUMMARY.file == SummaryResult.FILE
    first = summary(20, "quantize")
    assert (first.name, first.cycles, first.stages) == ("tiny", None, ("quantize",))
    assert summary(20, "verify").cycles == VERIFY.cycles_per_image
    before = (tmp_path / "build" / "summary.json").read_bytes()
    assert summary(20, "quantize").cycles == VERIFY.cycles_per_image
    assert (tmp_path / "build" / "summary.json").read_bytes() == before
    assert json.loads(before).keys() == {"schema", *SummaryResult.model_fields}
    assert summary(30, "quantize").cycles is None
    assert summary(20, "verify").cycles == VERIFY.cycles_per_image


def test_no_command_runs_stages_without_it() -> None:
    for command in (characterize, job, profile, search):
        text = Path(command.__file__).read_text("utf-8")
        assert "pipeline_of(" in text and " Pipeline(" not in text, command.__name__
