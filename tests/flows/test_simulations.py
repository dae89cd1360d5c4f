"""Verdicts on simulations: what ends with status 0 and has compared nothing is no success."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.flows.simulations import cocotb_check, lint_check, simulation_check

NO_TESTS = """\
vvp -n -M. -m x hawx -fst
     -.--ns ERROR    gpi         in gpi_load_users      No GPI_USERS specified, exiting...
"""
REPORT = "- Verilator: Built from 0.2 MB sources in 12 modules, into 0.1 MB\n"


def test_lint_without_messages_passes() -> None:
    check = lint_check(f"verilator -f x.vc\n{REPORT}", 12)
    assert check.passed
    assert check.detail == "12 modules"


@pytest.mark.parametrize(
    ("log", "detail"),
    [
        (f"%Warning-WIDTHEXPAND: a.v:1:1: Wide\n{REPORT}", "1 messages, the first: %Warning-WIDTH"),
        (f"%Error: a.v:1:1: syntax\n{REPORT}", "%Error: a.v"),
        ("INFO: Preparing ::hawx:0\n", "no report: INFO: Preparing"),
        ("", "no report: it wrote nothing"),
        (REPORT.replace("12", "3"), "3 modules"),
    ],
    ids=["warning", "error", "did not run", "nothing", "modules are missing"],
)
def test_lint_fails(log: str, detail: str) -> None:
    check = lint_check(log, 12)
    assert not check.passed
    assert detail in check.detail


def test_a_testbench_that_compared_all_passes() -> None:
    check = simulation_check("vvp\n1.00ns INFO x HAWX_TB PASSED images=3 bytes=30\nend\n", 3, 30)
    assert check.passed
    assert check.detail == "3 images, 30 bytes"


@pytest.mark.parametrize(
    ("log", "detail"),
    [
        ("HAWX_TB PASSED images=2 bytes=20\n", "2 images, 20 bytes"),
        ("HAWX_TB: byte 1 of image 0 is 00, not 01\nHAWX_TB FAILED images=3 bytes=30", "is 00"),
        ("HAWX_TB: ID is 0, not 1\nHAWX_TB PASSED images=3 bytes=30\n", "ID is 0"),
        ("make: 'run' is up to date.\n", "0 verdicts: make: 'run' is up to date."),
        (NO_TESTS, "0 verdicts: vvp -n -M. -m x hawx -fst / -.--ns ERROR    gpi"),
        ("HAWX_TB PASSED images=3 bytes=30\n" * 2, "2 verdicts"),
        ("HAWX_TB PASSED images=3 bytes=30x\n", "0 verdicts"),
    ],
    ids=[
        "fewer",
        "difference",
        "complaint",
        "nothing ran",
        "cocotb 2.1 in Edalize 0.6.8",
        "twice",
        "another line",
    ],
)
def test_a_testbench_fails(log: str, detail: str) -> None:
    check = simulation_check(log, 3, 30)
    assert not check.passed
    assert detail in check.detail


def results(*cases: str) -> str:
    tests = "".join(f'<testcase name="t{n}">{case}</testcase>' for n, case in enumerate(cases))
    return f'<testsuites name="r"><testsuite name="all">{tests}</testsuite></testsuites>'


@pytest.mark.parametrize(
    ("text", "passed", "detail"),
    [
        (results("", ""), True, "2 of 2 tests passed"),
        (results(), False, "0 of 0 tests passed"),
        (results("", "<failure/>"), False, "1 of 2 tests passed"),
        (results("<error/>"), False, "0 of 1 tests passed"),
        (results("<skipped/>"), False, "0 of 1 tests passed"),
        ("<testsuites", False, "no report results.xml"),
        (None, False, "no report results.xml"),
    ],
    ids=["passed", "no tests", "failed", "error", "skipped", "damaged", "missing"],
)
def test_report_of_cocotb(text: str | None, passed: bool, detail: str, tmp_path: Path) -> None:
    report = tmp_path / "results.xml"
    if text is not None:
        report.write_text(text)
    check = cocotb_check(report)
    assert (check.passed, check.detail) == (passed, detail)
