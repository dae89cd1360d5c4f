"""What the logs of qflow and Magic say, judged without their exit statuses.

Both end with success on nothing: Magic, which lacks the cells of a layout or the layout itself,
makes an empty one, in which it finds no error and of which it writes a GDS; qflow goes on with
a layout whose nets are in part unrouted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hawx_hw.flows.result import Check

__all__ = [
    "MagicLog",
    "drc_check",
    "filled",
    "lvs_check",
    "patches",
    "read_magic",
    "reading_check",
    "routing_check",
]

#: Messages of Magic about what it did not read.
_UNREAD = re.compile(
    r"^.*(?:couldn't be read|Creating new cell|is unavailable|couldn't be found|Cannot open|"
    r"No such file).*$",
    re.M | re.I,
)
_REPORT = re.compile(r"^HAWX (\w+) (.*)$", re.M)


@dataclass(frozen=True)
class MagicLog:
    """What check.tcl has reported.

    Parameters
    ----------
    unread : tuple of str
        Messages about what was not read.
    box : tuple of int
        Of the layout: left, bottom, right, top.
    instances : int
        Cells in it, fill cells included.
    errors : dict of str to int, or None
        Places by the rule that is broken there; None where the check did not end.
    planted : dict of str to int, or None
        The same after errors were added on purpose.
    """

    unread: tuple[str, ...]
    box: tuple[int, ...]
    instances: int
    errors: Mapping[str, int] | None
    planted: Mapping[str, int] | None


def read_magic(text: str) -> MagicLog:
    """The log of check.tcl; what it lacks is empty."""
    reports: dict[str, list[str]] = {}
    for key, value in _REPORT.findall(text):
        reports.setdefault(key, []).append(value.strip())
    box = tuple(int(number) for number in re.findall(r"-?\d+", (reports.get("box") or [""])[0]))
    counted = (reports.get("instances") or ["0"])[0]
    return MagicLog(
        tuple(line.strip() for line in _UNREAD.findall(text)),
        box,
        int(counted) if counted.isdigit() else 0,
        _rules(reports.get("drc")),
        _rules(reports.get("planted")),
    )


def _rules(lines: list[str] | None) -> dict[str, int] | None:
    if not lines or lines[-1] != "done":
        return None
    parts = (line.split(" ", 1) for line in lines[:-1])
    return {rule: int(count) for count, rule in parts}


def patches(text: str) -> int:
    """How many pads patch.tcl has enlarged, from its log."""
    return _count(text, "patched")


def filled(text: str) -> int:
    """How many notches patch.tcl has filled, from its log."""
    return _count(text, "filled")


def _count(text: str, key: str) -> int:
    return int(dict(_REPORT.findall(text)).get(key, 0))


def routing_check(log: str) -> Check:
    """Whether qrouter has routed every net, from qflow's route.log."""
    finals = re.findall(r"^Final: (.*)$", log, re.M)
    passed = finals == ["No failed routes!"] and "error condition" not in log
    detail = "; ".join(finals) or "qrouter did not end"
    return Check(name="every net is routed", passed=passed, detail=detail.lower().rstrip("!"))


def lvs_check(log: str, cells: int) -> Check:
    """Whether the circuit that Magic extracted from the metal is the netlist, from lvs.log."""
    devices = re.search(r"Circuit 1 contains (\d+) devices, Circuit 2 contains (\d+) devices", log)
    total = re.search(r"^Total errors = (\d+)", log, re.M)
    counts = tuple(int(number) for number in devices.groups()) if devices else (0, 0)
    matched = "Circuits match uniquely." in log
    passed = matched and total is not None and total[1] == "0" and counts == (cells, cells)
    detail = f"{counts[0]:,} cells extracted, {counts[1]:,} in the netlist, {cells:,} expected"
    if not matched:
        detail += "; the circuits do not match"
    return Check(name="layout against netlist (netgen)", passed=passed, detail=detail)


def reading_check(log: MagicLog, instances: int) -> Check:
    """Whether Magic has read the layout with all of its cells."""
    empty = len(log.box) != 4 or log.box[0] >= log.box[2] or log.box[1] >= log.box[3]
    passed = not log.unread and not empty and log.instances == instances
    detail = f"{log.instances:,} of {instances:,} cells with fill cells"
    if empty:
        detail += "; the layout is empty"
    if log.unread:
        detail += f"; {len(log.unread)} messages such as: {log.unread[0]}"
    return Check(name="Magic has read every cell", passed=passed, detail=detail)


def drc_check(log: MagicLog) -> Check:
    """Whether no design rule is broken, and a planted error is seen."""
    name = "design rules of the metal (Magic)"
    if log.errors is None or log.planted is None:
        return Check(name=name, passed=False, detail="the check did not end")
    rules = ", ".join(f"{count} x {rule}" for rule, count in log.errors.items())
    detail = f"{sum(log.errors.values())} errors" + (f": {rules}" if rules else "")
    seen = sum(log.planted.values()) - sum(log.errors.values())
    detail += f"; {seen} of the planted errors seen" if seen > 0 else "; planted errors not seen"
    return Check(name=name, passed=not log.errors and seen > 0, detail=detail)
