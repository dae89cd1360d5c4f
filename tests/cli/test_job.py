"""Commands that run stages: what they print at their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.cli.job import run_job
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.pipeline import order
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.results import Result
from tests.report.samples import EMIT, QUANTIZE, VERIFY

CONFIG = "name: tiny\nnetwork: {model: lenet5, dataset: digits}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def use(monkeypatch: pytest.MonkeyPatch, *results: Result, error: Exception | None = None) -> None:
    """Stages that write results; the last one fails with ``error``."""

    def stage(result: Result, last: bool) -> Stage:
        def run(context: Context) -> None:
            context.write(result)
            if last and error is not None:
                raise error

        return Stage(result.STAGE, run, settings=("network",))

    stages = tuple(stage(each, each is results[-1]) for each in results)
    monkeypatch.setattr(order, "STAGES", stages)


def job(**options) -> None:
    run_job("tiny.yaml", Path("build"), False, lambda pipeline: pipeline.names, **options)


def test_a_failed_verification_is_summarized_before_it_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = VERIFY.model_copy(update={"mismatches": 3})
    use(monkeypatch, QUANTIZE, EMIT, failed, error=VerificationError("3 of 20 images differ."))
    with pytest.raises(VerificationError, match="3 of 20 images differ"):
        job()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "Verification failed: 3 of 40 results differ from the integer network."
    assert any(line.startswith("accuracy  float 99.31 %") for line in lines)
    assert any(line.startswith("verified  FAILED: 3 of 40 results differ") for line in lines)


def test_another_error_has_no_summary(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, QUANTIZE, error=UserError("It is broken.", where="network.model"))
    with pytest.raises(UserError) as error:
        job()
    assert str(error.value) == "tiny.yaml:2: network.model: It is broken."
    assert capsys.readouterr().out == ""


def test_the_lines_of_stages_show_what_they_came_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, QUANTIZE, EMIT)
    job()
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert lines[0] == "quantize: running (not finished before)"
    assert lines[1].startswith("quantize: done in ")
    assert lines[1].endswith(" s: float 99.31 %, int8 99.28 %")
    assert lines[3].endswith(" s: 8 x 4 array, 32 PEs, 64,413 bytes of parameters")
    assert out.splitlines()[0] == "tiny: 8 x 4 array, 32 PEs (0 s)"
