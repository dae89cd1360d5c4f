"""Commands that run stages: what they print at their end."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hawx_hw
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


def test_commands_of_summary_and_report_name_the_index(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, QUANTIZE)
    job(index=2, reported=True)
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.endswith("more hawx summary tiny.yaml --section all --index 2")
    page = (folder / "build" / "tiny" / "report.html").read_text("utf-8")
    assert "hawx report tiny.yaml --index 2" in page
    use(monkeypatch, QUANTIZE, EMIT, VERIFY, error=VerificationError("They differ."))
    with pytest.raises(VerificationError):
        job(index=2)
    assert "--section all --index 2" in " ".join(capsys.readouterr().out.split())


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


#: Two stages, of which one is up to date in the second run; bars are drawn at once.
ON_A_TERMINAL = """
import sys, time
from hawx_hw.cli import main as cli
from hawx_hw.pipeline import order
from hawx_hw.pipeline.stage import Stage
from hawx_hw.util import progress
from tests.report.samples import EMIT, QUANTIZE

progress._QUIET_SECONDS = 0.0

def quantize(context):
    context.write(QUANTIZE)

def emit(context):
    with context.progress.task("writing Verilog") as task:
        for done in range(5):
            task.update(done, 8)
            time.sleep(0.1)
    context.write(EMIT)

order.STAGES = (
    Stage("quantize", quantize, settings=("network",)),
    Stage("emit", emit, settings=("seed",)),
)
cli.main(sys.argv[1:])
"""


RUN = ("run", "tiny.yaml", "--until", "emit")


def on_a_terminal(folder: Path, *words: str, **variables: str) -> str:
    """What a command writes to a terminal of 80 x 24 characters."""
    root = Path(hawx_hw.__file__).parents[1]
    given = {"PYTHONPATH": str(root), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    environment = {**os.environ, **given, **variables}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *words],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=folder,
    ) as process:  # fmt: skip
        os.close(theirs)
        parts = []
        # Linux ends a terminal whose other side is closed with an error.
        try:
            while part := os.read(ours, 4096):
                parts.append(part)
        except OSError:
            pass
        assert process.wait(timeout=60) == 0
    os.close(ours)
    return b"".join(parts).decode()


_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def left_on_terminal(output: str) -> list[str]:
    """The lines that are left: cursor movements are done, colors dropped."""
    lines, place = [""], 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", output):
        if part == "\n":
            place += 1
            lines += [""] * (place + 1 - len(lines))
        elif part == "\x1b[2K":
            lines[place] = ""
        elif part.endswith("A") and part.startswith("\x1b["):
            place -= int(part[2:-1] or 1)
        elif part != "\r" and not _CONTROL.fullmatch(part):
            lines[place] += part
    return [line.rstrip() for line in lines if line.strip()]


def test_a_terminal_has_bars_in_place_and_one_line_a_stage(folder: Path) -> None:
    output = on_a_terminal(folder, *RUN)
    assert re.search("writing Verilog .*\u2501.* \\d+ %, about ", output)
    left = left_on_terminal(output)
    assert re.fullmatch(r"quantize +\d\.\d s  float 99\.31 %, int8 99\.28 %", left[0])
    assert re.fullmatch(r"emit +\d\.\d s  8 x 4 array, 32 PEs, 64,413 bytes of parameters", left[1])
    assert left[2].startswith("tiny: 8 x 4 array, 32 PEs (")
    assert not any("writing Verilog" in line or "\u2501" in line for line in left)
    assert all(len(line) <= 80 for line in left)
    assert "\x1b[1mmore      \x1b[0mhawx summary" in output, "names are bold"
    assert output.rstrip().endswith("--section all")

    # Once more without colors, and with the reason where the line has room for it.
    (folder / "tiny.yaml").write_text(f"{CONFIG}seed: 1\n")
    plain = on_a_terminal(folder, *RUN, NO_COLOR="1")
    again = left_on_terminal(plain)
    assert not re.search(r"\x1b\[(?:\d+;)*[39]\d(?:;\d+)*m", plain), "colors"
    assert re.fullmatch(r"quantize +up to date", again[0])
    assert ("changed" not in again[1] and len(again[1]) + len(" (seed changed)") > 80) or (
        again[1].endswith("(seed changed)")
    )


def test_quiet_on_a_terminal(folder: Path) -> None:
    assert left_on_terminal(on_a_terminal(folder, "--quiet", *RUN)) == [
        "The integer network is right on 99.28 % of 10,000 test images (float 99.31 %).",
        "files  build/tiny/summary.json",
    ]
