"""The short summary: few lines, each within the width, whatever is known."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from hawx_hw.flows.result import Check, FlowReport, FlowResult
from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.brief import Brief, brief, print_brief
from hawx_hw.report.summary import Summary, summarize
from hawx_hw.search.pick import AccuracyBound
from hawx_hw.util.results import Result
from tests.report.html.pages import whole_summary, with_flow
from tests.report.samples import (
    ASSIGN,
    EMIT,
    POWER,
    PREDICT,
    QUANTIZE,
    STALLED,
    SYNTH,
    VERIFY,
    build_folder,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def summary_of(folder: Path, *results: Result) -> Summary:
    build_folder(folder, *results)
    return summarize(folder, [Outcome(each.STAGE, True, 1.5) for each in results])


def printed(short: Brief, **options: bool) -> list[str]:
    stream = io.StringIO()
    print_brief(short, stream, **options)
    return stream.getvalue().splitlines()


def test_a_whole_run_is_ten_to_fifteen_lines_within_80_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("build", "tiny")
    with_flow(folder)
    (folder / "report.html").touch()
    short = brief(whole_summary(folder), "hawx summary tiny.yaml --section all")
    lines = printed(short)
    assert 10 <= len(lines) <= 15
    assert all(len(line) <= 80 for line in lines), lines
    assert "\x1b" not in "".join(lines)
    assert lines[0] == "tiny: 8 x 4 array, 32 PEs (13 s)"
    assert [name for name, _ in short.lines] == [
        "accuracy", "drop", "energy", "area", "clock", "cycles", "verified", "flows", "caution",
        "files", "more",
    ]  # fmt: skip
    texts = dict(short.lines)
    assert (
        texts["accuracy"] == "float 99.31 %, int8 99.28 %, as built 98.50 % on 10,000 test images"
    )
    assert texts["energy"] == "200.0 nJ an image; exact blocks 200.0 nJ (+0.0 %)"
    assert texts["area"] == "83,394 um2 of cells; exact blocks 90,000 um2 (-7.3 %)"
    assert texts["clock"] == "500 MHz; longest path 2.13 ns without wires"
    assert texts["cycles"] == (
        "8,906 an image, 17.81 us, 73.1 % of multiplier-cycles do useful work"
    )
    assert texts["verified"] == "20 images bit for bit, cycles as predicted (verilator)"
    assert texts["files"] == "build/tiny/report.html; beside it rtl"


def test_what_is_predicted_alone(tmp_path: Path) -> None:
    texts = dict(brief(summary_of(tmp_path, PREDICT, EMIT)).lines)
    assert texts["energy"] == "300.0 nJ an image, predicted (270.0 to 330.0)"
    assert texts["area"] == "100,000 um2 of cells, predicted (90,000 to 110,000)"
    assert texts["clock"] == "100 MHz"
    assert texts["cycles"] == "8,906 an image, 89.06 us"
    assert texts["verified"] == "not in this run: hawx verify"
    assert texts["caution"].endswith("number of PEs: 40 (trained on 4 to 20)")


def test_synthesis_alone_has_no_clock(tmp_path: Path) -> None:
    texts = dict(brief(summary_of(tmp_path, SYNTH)).lines)
    assert texts == {
        "area": "83,394 um2 of cells",
        "clock": "longest path 2.13 ns without wires",
    }


def test_a_failed_verification_is_marked(tmp_path: Path) -> None:
    failed = VERIFY.model_copy(update={"mismatches": 3})
    short = brief(summary_of(tmp_path, QUANTIZE, failed))
    assert short.verdict[0].startswith("Verification failed: 3 of 40 results differ")
    assert dict(short.lines)["verified"] == (
        "FAILED: 3 of 40 results differ from the integer network (simulated with verilator)"
    )
    stream = Terminal()
    print_brief(short, stream)
    assert "\x1b[1;31mFAILED" in stream.getvalue()


def test_a_failed_scenario_is_a_failed_verification(tmp_path: Path) -> None:
    short = brief(summary_of(tmp_path, QUANTIZE, VERIFY.model_copy(update={"scenarios": STALLED})))
    assert short.verdict == ("Verification failed: scenario stalls: Image 2 took 9 cycles.",)
    assert dict(short.lines)["verified"] == (
        "FAILED: scenario stalls: Image 2 took 9 cycles (simulated with verilator)"
    )


def test_no_color_where_it_is_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    print_brief(brief(summary_of(tmp_path, VERIFY.model_copy(update={"mismatches": 3}))), stream)
    assert "FAILED" in stream.getvalue()
    assert "31m" not in stream.getvalue()


def bound(**changes: object) -> AccuracyBound:
    return replace(AccuracyBound(0.2, 0.41, 0.5, 0.95, 285, 7, True), **changes)


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (None, "0.60 points on 60 training images of the search"),
        (bound(finalists=0), "none: the design is exact"),
        (bound(), "0.60 points estimated, 0.5 allowed; this holds with 95 % confidence"),
        (
            bound(holds=False),
            "0.60 points estimated, 0.5 allowed; undecided by 285 new images",
        ),
        (
            bound(holds=False, drop=0.7),
            "0.60 points estimated, 0.5 allowed; exceeded by 285 new images",
        ),
    ],
)
def test_the_accuracy_drop(tmp_path: Path, known: AccuracyBound | None, text: str) -> None:
    summary = whole_summary(tmp_path)
    assert summary.chosen is not None
    summary = replace(summary, chosen=replace(summary.chosen, bound=known, images=60))
    assert dict(brief(summary).lines)["drop"] == text


def test_quiet_is_the_verdict_and_the_files(tmp_path: Path) -> None:
    (tmp_path / "summary.json").touch()
    lines = printed(brief(summary_of(tmp_path, VERIFY)), quiet=True)
    assert lines[0] == "The Verilog computes the same as the integer network."
    assert lines[1].split() == ["files"] or lines[1].startswith("files  ")
    assert lines[-1].endswith(f"{tmp_path}/summary.json")


@pytest.mark.parametrize(
    ("ran", "note"),
    [
        ((True, True), "3 s"),
        ((False, True), "2 s, 1 of 2 stages were up to date"),
        ((False, False), "up to date"),
    ],
)
def test_what_the_run_had_to_do(tmp_path: Path, ran: tuple[bool, bool], note: str) -> None:
    build_folder(tmp_path, POWER, VERIFY)
    stages = ("verify", "power")
    outcomes = [Outcome(s, r, 1.5 if r else 0.0) for s, r in zip(stages, ran, strict=True)]
    assert brief(summarize(tmp_path, outcomes)).title == f"{tmp_path.name} ({note})"


def test_flows_that_passed_and_that_failed(tmp_path: Path) -> None:
    def flow(passed: bool) -> FlowResult:
        report = FlowReport(
            target="x", versions={}, checks=(Check(name="all of it", passed=passed),)
        )
        return FlowResult(
            tool="x", title="x", standing="real", options={}, accelerator_sha256="a",
            netlist_sha256=None, seconds=1.0, report=report,
        )  # fmt: skip

    summary = summary_of(tmp_path, EMIT)
    flows = {"ecp5": flow(True), "qflow": flow(False), "opensta": flow(True)}
    summary = replace(summary, results=replace(summary.results, flows=flows))
    assert dict(brief(summary).lines)["flows"] == "ecp5, opensta passed; FAILED: qflow"


def test_a_retrained_network_has_two_accuracies(tmp_path: Path) -> None:
    summary = whole_summary(tmp_path)
    accuracy = ASSIGN.accuracy.model_copy(update={"compensated": 0.8})
    assign = ASSIGN.model_copy(update={"accuracy": accuracy})
    texts = dict(brief(replace(summary, results=replace(summary.results, assign=assign))).lines)
    assert texts["accuracy"] == (
        "float 99.31 %, int8 99.28 %, as built 98.50 % (80.00 % before retraining) on 10,000 test "
        "images"
    )
