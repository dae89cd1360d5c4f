"""Checks of a layout, from the reports that KLayout wrote.

A report that is missing, cannot be read or lists too few rules is a failed check: a set of rules
that looked at nothing observes no violation.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hawx_hw.flows.result import Check
from hawx_hw.flows.tools.coriolis.netlist import changes
from hawx_hw.flows.tools.qflow.blif import PlacedNetlist
from hawx_hw.util.files import read_text

__all__ = [
    "COMPARISON",
    "LAYOUT",
    "ROUTED",
    "RULES",
    "checks",
    "comparison",
    "planted_check",
    "rules_check",
    "written",
]

#: Sets of design rules: title, reports, and how many rules the version that was tried has.
RULES = (
    ("design rules of cf-precheck", ("feol.xml", "beol.xml", "offgrid.xml"), 276),
    ("design rules of PDKMaster", ("pdkmaster.xml",), 194),
)
COMPARISON = "comparison.json"
#: Of the scripts: the finished layout; what Coriolis routed.
LAYOUT, ROUTED = "layout.json", "routed.json"
_EXAMPLES = 4


def checks(folder: Path, netlist: PlacedNetlist) -> list[Check]:
    """The checks of the layout in a folder, which is that of a netlist."""
    return [
        _placement(folder),
        _cells(folder, netlist),
        *(rules_check(folder, title, reports, count) for title, reports, count in RULES),
        comparison(folder, netlist),
    ]


def _placement(folder: Path) -> Check:
    name = "cells abut, without overlap, gap or wrong orientation"
    layout = written(folder / LAYOUT)
    if layout is None:
        return Check(name=name, passed=False, detail="there is no layout")
    faults = layout["placement_faults"]
    cells = sum(layout["cells"].values())
    detail = "; ".join(faults[:_EXAMPLES]) or f"{cells} cells, with those that fill gaps"
    return Check(name=name, passed=not faults and cells > 0, detail=detail)


def _cells(folder: Path, netlist: PlacedNetlist) -> Check:
    name = "cells and nets are those of the synthesis, besides buffers of the clock and diodes"
    routed = written(folder / ROUTED)
    if routed is None:
        return Check(name=name, passed=False, detail="nothing was routed")
    buffers, differences = changes(netlist, routed)
    if not routed["routed"]:
        differences.insert(0, "Coriolis did not route every net")
    detail = "; ".join(differences[:_EXAMPLES])
    return Check(
        name=name,
        passed=not differences,
        detail=detail or f"{len(netlist.cells)} cells, {buffers} buffers",
    )


def rules_check(folder: Path, title: str, reports: Sequence[str], count: int) -> Check:
    """Whether no rule of a set is violated, and as many were checked as the set has.

    Parameters
    ----------
    folder : Path
    title : str
    reports : sequence of str
        Names of KLayout's reports.
    count : int
        Of the rules.
    """
    rules = 0
    violations: Counter[str] = Counter()
    for report in reports:
        try:
            of_report, broken = _read_report(folder / report)
        except ValueError as error:
            return Check(name=title, passed=False, detail=str(error))
        rules += of_report
        violations += broken
    if rules < count:
        detail = f"{rules} rules were checked, of {count}"
        return Check(name=title, passed=False, detail=detail)
    listed = ", ".join(f"{number} of {rule}" for rule, number in violations.most_common(_EXAMPLES))
    return Check(
        name=title,
        passed=not violations,
        detail=f"{violations.total()} violations of {rules} rules"
        + (f": {listed}" if listed else ""),
    )


def planted_check(folder: Path) -> Check:
    """Whether every set of rules sees the errors of a layout that was made to break them."""
    name = "design rules: each set sees errors that are planted"
    blind, seen = [], 0
    for report in (report for _, reports, _ in RULES for report in reports):
        try:
            _, broken = _read_report(folder / report)
        except ValueError as error:
            return Check(name=name, passed=False, detail=str(error))
        seen += len(broken)
        if not broken:
            blind.append(report)
    detail = f"none in {', '.join(blind)}" if blind else f"{seen} rules are broken"
    return Check(name=name, passed=not blind, detail=detail)


def _read_report(path: Path) -> tuple[int, Counter[str]]:
    """Number of rules in a report, and of the violations of each.

    Raises
    ------
    ValueError
        It cannot be read.
    """
    try:
        # Written by KLayout, from a layout of ours.
        root = ElementTree.fromstring(read_text(path))  # noqa: S314
    except (OSError, ElementTree.ParseError) as error:
        raise ValueError(f"{path.name} cannot be read") from error
    broken = Counter(
        (item.findtext("category") or "").strip("'") for item in root.findall("items/item")
    )
    return len(root.findall("categories/category")), broken


def comparison(folder: Path, netlist: PlacedNetlist) -> Check:
    """Whether the transistors of the layout, and what joins them, are those of the netlist."""
    name = "transistors of the layout are those of the netlist (LVS)"
    log = folder / "comparison.log"
    observed = written(folder / COMPARISON)
    if observed is None or not log.is_file():
        return Check(name=name, passed=False, detail="they were not compared")
    problems = []
    if not re.search(r"^LVS OK$", read_text(log), re.MULTILINE):
        problems.append("KLayout does not match them")
    problems += [
        f"{observed[f'other_{what}']} {what} differ"
        for what in ("nets", "transistors")
        if observed[f"other_{what}"]
    ]
    if observed["transistors"] < len(netlist.cells):
        problems.append(f"only {observed['transistors']} transistors")
    problems += [
        f"the pin {port} is at another net, or missing"
        for port in (*netlist.inputs, *netlist.outputs, "vdd", "vss")
        if (observed["labels"].get(port) or "").lower() != port.lower()
    ]
    return Check(
        name=name,
        passed=not problems,
        detail="; ".join(problems[:_EXAMPLES])
        or f"{observed['transistors']} transistors, {observed['nets']} nets",
    )


def written(path: Path) -> Mapping[str, Any] | None:
    """The content of a JSON file of a script; None where it was not written, or not to its end."""
    try:
        content: Mapping[str, Any] = json.loads(read_text(path))
    except (OSError, ValueError):
        return None
    return content
