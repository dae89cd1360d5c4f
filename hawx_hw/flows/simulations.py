"""What simulations of a flow observed, from their logs and reports.

The exit status of a simulation states little: Edalize ends with 0 where a test of cocotb fails, and
cocotb where it has found none.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree  # of files that the flow's own tools write

from hawx_hw.flows.result import Check
from hawx_hw.flows.runner import last_lines
from hawx_hw.util.files import read_text

__all__ = ["cocotb_check", "lint_check", "simulation_check"]

_PASSED = re.compile(r"HAWX_TB PASSED images=(\d+) bytes=(\d+)\s*$", re.MULTILINE)
_COMPLAINT = re.compile(r"HAWX_TB(?: FAILED|:).*", re.MULTILINE)
_WARNING = re.compile(r"^%(?:Warning|Error).*", re.MULTILINE)
_BUILT = re.compile(r"^- Verilator: Built from .* in (\d+) modules", re.MULTILINE)


def lint_check(log: str, modules: int) -> Check:
    """Whether Verilator has read the design, and had nothing to say.

    Parameters
    ----------
    log : str
        What it wrote.
    modules : int
        It must have read at least so many.
    """
    name = "lint: no warning of Verilator"
    complaints = _WARNING.findall(log)
    built = _BUILT.search(log)
    if complaints:
        detail = f"{len(complaints)} messages, the first: {complaints[0]}"
        return Check(name=name, passed=False, detail=detail)
    if built is None:
        return Check(name=name, passed=False, detail=f"no report: {last_lines(log)}")
    number = int(built[1])
    return Check(name=name, passed=number >= modules, detail=f"{number} modules")


def simulation_check(log: str, images: int, size: int) -> Check:
    """Whether a testbench has compared all that it was to compare.

    Parameters
    ----------
    log : str
    images, size : int
        Number of images, and of the bytes of all their results.
    """
    name = "simulation: results of the integer network"
    complaint = _COMPLAINT.search(log)
    if complaint is not None:
        return Check(name=name, passed=False, detail=complaint[0])
    verdicts = [(int(one), int(other)) for one, other in _PASSED.findall(log)]
    if len(verdicts) != 1:
        detail = f"{len(verdicts)} verdicts: {last_lines(log)}"
        return Check(name=name, passed=False, detail=detail)
    detail = f"{verdicts[0][0]} images, {verdicts[0][1]} bytes"
    return Check(name=name, passed=verdicts[0] == (images, size), detail=detail)


def cocotb_check(report: Path) -> Check:
    """Whether cocotb has run tests, and all have passed.

    Parameters
    ----------
    report : Path
        Its ``results.xml``.
    """
    name = "cocotb: there are tests, and they pass"
    try:
        cases = list(ElementTree.fromstring(read_text(report)).iter("testcase"))  # noqa: S314
    except (OSError, ValueError, ElementTree.ParseError):
        return Check(name=name, passed=False, detail=f"no report {report.name}")
    bad = [case for case in cases if any(case.find(tag) is not None for tag in _NOT_PASSED)]
    detail = f"{len(cases) - len(bad)} of {len(cases)} tests passed"
    return Check(name=name, passed=bool(cases) and not bad, detail=detail)


_NOT_PASSED = ("failure", "error", "skipped")
