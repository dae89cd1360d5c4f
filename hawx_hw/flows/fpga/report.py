"""What nextpnr writes: its report in JSON, and its log."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hawx_hw.flows.result import Clock, Resource
from hawx_hw.util.files import read_text

__all__ = ["clocks", "error_in", "exceeded", "read_report", "resources", "speed"]

#: A line of the log's table of what the device has.
_USED = re.compile(r"^Info:\s+(\S+):\s*(\d+)/\s*(\d+)\s+\d+%$", re.MULTILINE)
_ERROR = re.compile(r"^ERROR: (.*)$", re.MULTILINE)


def read_report(path: Path) -> Mapping[str, Any] | None:
    """The report of a run; None where it wrote none, or not all of it."""
    try:
        report: Mapping[str, Any] = json.loads(read_text(path))
    except (OSError, ValueError):
        return None
    return report if "fmax" in report and "utilization" in report else None


def clocks(report: Mapping[str, Any], required_mhz: float) -> tuple[Clock, ...]:
    """Every clock of the report, each of which must reach ``required_mhz``.

    What nextpnr itself was asked for does not count: without a constraint it asks for little.
    """
    return tuple(
        Clock(name=name, required_mhz=required_mhz, achieved_mhz=round(clock["achieved"], 2))
        for name, clock in sorted(report["fmax"].items())
    )


def speed(report: Mapping[str, Any]) -> float:
    """The lowest frequency of all clocks, in MHz; 0 without any."""
    return min((clock["achieved"] for clock in report["fmax"].values()), default=0.0)


def resources(report: Mapping[str, Any]) -> tuple[Resource, ...]:
    """What the design uses of the device, by kind."""
    return tuple(
        Resource(kind=kind, used=entry["used"], available=entry["available"])
        for kind, entry in sorted(report["utilization"].items())
        if entry["used"]
    )


def exceeded(log: str) -> list[str]:
    """What the device has too little of, with numbers, such as ``"87 of 30 ICESTORM_RAM"``."""
    return [
        f"{used} of {available} {kind}"
        for kind, used, available in _USED.findall(log)
        if int(used) > int(available)
    ]


def error_in(log: str) -> str:
    """The first error of the log; empty without any."""
    match = _ERROR.search(log)
    return match.group(1) if match else ""
