"""Logs are judged by what they say, not by how the tools ended."""

from __future__ import annotations

import pytest

from hawx_hw.flows.tools.qflow.logs import (
    drc_check,
    filled,
    lvs_check,
    patches,
    read_magic,
    reading_check,
    routing_check,
)

GOOD = """\
Magic 8.3 revision 105
LEF read: Processed 2941 lines.
HAWX box 0 0 1224 710
HAWX instances 246
No errors found.
HAWX drc done
HAWX planted 1 Metal2 spacing < 3 (Mosis #9.2)
HAWX planted 2 Metal2 width < 3 (Mosis #9.1)
HAWX planted done
"""
#: What Magic writes of a layout that it lacks: no error, and a GDS of 150 bytes.
EMPTY = """\
File small.mag couldn't be read
No such file or directory
Creating new cell
HAWX box 0 0 0 0
HAWX instances 0
No errors found.
HAWX drc done
HAWX planted 2 Metal2 width < 3 (Mosis #9.1)
HAWX planted done
"""
MATCH = """\
Circuit 1 contains 206 devices, Circuit 2 contains 206 devices.
Circuit 1 contains 223 nets,    Circuit 2 contains 223 nets.
Netlists match uniquely.
Result: Circuits match uniquely.
Total errors = 0
"""


def test_a_layout_that_is_read_and_clean_passes() -> None:
    log = read_magic(GOOD)
    assert reading_check(log, 246).passed
    check = drc_check(log)
    assert check.passed
    assert check.detail == "0 errors; 3 of the planted errors seen"


def test_an_empty_layout_has_failed_though_no_rule_is_broken_in_it() -> None:
    log = read_magic(EMPTY)
    check = reading_check(log, 246)
    assert not check.passed
    assert "0 of 246 cells" in check.detail
    assert "the layout is empty" in check.detail
    assert "couldn't be read" in check.detail


@pytest.mark.parametrize(
    "message",
    [
        "Cell NAND2X1 couldn't be read",
        "Cell NAND2X1 is unavailable.  It could not be expanded.",
        "Creating new cell",
    ],
)
def test_cells_that_were_not_read_are_a_failure(message: str) -> None:
    log = read_magic(f"{message}\n{GOOD}")
    assert not reading_check(log, 246).passed


def test_missing_cells_are_a_failure() -> None:
    assert not reading_check(read_magic(GOOD), 247).passed


def test_broken_rules_are_a_failure_with_their_names() -> None:
    log = read_magic(GOOD.replace("HAWX drc done", "HAWX drc 12 Metal3 area < 20\nHAWX drc done"))
    check = drc_check(log)
    assert not check.passed
    assert check.detail.startswith("12 errors: 12 x Metal3 area < 20")


def test_a_check_that_does_not_see_planted_errors_is_a_failure() -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith("HAWX planted ")]
    blind = "\n".join([*lines, "HAWX planted done", ""])
    check = drc_check(read_magic(blind))
    assert not check.passed
    assert "planted errors not seen" in check.detail


@pytest.mark.parametrize("text", ["", GOOD.replace("HAWX drc done\n", ""), "drc = 0\n"])
def test_a_check_that_did_not_end_is_a_failure(text: str) -> None:
    check = drc_check(read_magic(text))
    assert (check.passed, check.detail) == (False, "the check did not end")
    if not text:
        assert not reading_check(read_magic(text), 0).passed


@pytest.mark.parametrize(
    ("log", "passed"),
    [
        ("Final: No failed routes!\nRouter script ended on Mon\n", True),
        ("Failed net routes: 4\nFinal: No failed routes!\n", True),
        ("Final: Failed net routes: 2\n", False),
        ("Final: No failed routes!\nSynthesis flow stopped due to error condition.\n", False),
        ("", False),
    ],
)
def test_routing_is_judged_by_the_routers_last_word(log: str, passed: bool) -> None:
    assert routing_check(log).passed is passed


def test_patches_are_counted() -> None:
    assert patches("No errors found.\nHAWX patched 2\n") == 2
    assert patches("") == filled("") == 0
    assert filled("HAWX patched 2\nHAWX filled 1\n") == 1


def test_layout_against_netlist() -> None:
    assert lvs_check(MATCH, 206).passed


@pytest.mark.parametrize(
    "log",
    [
        "",
        # Nothing matches nothing.
        MATCH.replace("206", "0"),
        MATCH.replace("Circuit 1 contains 206 devices", "Circuit 1 contains 205 devices"),
        MATCH.replace("Circuits match uniquely.", "Netlists do not match."),
        MATCH.replace("Total errors = 0", "Total errors = 3"),
        MATCH.replace("Total errors = 0\n", ""),
    ],
)
def test_a_layout_that_is_another_circuit_is_a_failure(log: str) -> None:
    assert not lvs_check(log, 206).passed
