"""The flows that ran on an accelerator, as the report shows them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.report.html.content import Flow
from hawx_hw.report.html.page_tables import table_content
from hawx_hw.report.tables import Table
from hawx_hw.util.files import read_bytes

if TYPE_CHECKING:
    from hawx_hw.flows.result import FlowReport
    from hawx_hw.report.run_results import RunResults

__all__ = ["flow_contents"]

#: A picture of a flow that is put into the page has at most so many bytes.
_PICTURE = 600_000


def flow_contents(results: RunResults) -> Iterator[Flow]:
    """Each flow with its timing, its resources, and its picture where there is one."""
    for name, flow in results.flows.items():
        report = flow.report
        yield Flow(
            name=name,
            title=flow.title,
            target=report.target,
            worth=flow.worth,
            passed=not flow.failures,
            failures=flow.failures,
            tables=tuple(table_content(table) for table in _tables(report)),
            numbers=tuple(_numbers(report)),
            notes=report.notes,
            checks=tuple(
                (each.name, "; ".join(filter(None, (_state(each.passed), each.detail))))
                for each in report.checks
            ),
            picture=_picture(results.folder / "flows" / name, report.files),
        )


def _tables(report: FlowReport) -> Iterator[Table]:
    if report.clocks:
        yield Table(
            "timing",
            ("clock", "required, MHz", "reached, MHz", "setup slack, ns", "hold slack, ns", ""),
            tuple(
                (
                    clock.name,
                    f"{clock.required_mhz:g}",
                    "" if clock.achieved_mhz is None else f"{clock.achieved_mhz:,.1f}",
                    "" if clock.setup_slack_ns is None else f"{clock.setup_slack_ns:+.3f}",
                    "" if clock.hold_slack_ns is None else f"{clock.hold_slack_ns:+.3f}",
                    "met" if clock.satisfied else "NOT MET",
                )
                for clock in report.clocks
            ),
        )
    if report.resources:
        yield Table(
            "utilization",
            ("resource", "used", "available", "used, %"),
            tuple(
                (
                    each.kind,
                    f"{each.used:,}",
                    "" if each.available is None else f"{each.available:,}",
                    f"{100 * each.used / each.available:.1f}" if each.available else "",
                )
                for each in report.resources
            ),
        )


def _numbers(report: FlowReport) -> Iterator[tuple[str, str]]:
    if report.area_um2 is not None:
        yield "area, µm²", f"{report.area_um2:,.0f}"
    for name, number in report.numbers.items():
        yield name, f"{number:,.6g}"
    if report.versions:
        versions = (f"{tool} {version}" for tool, version in report.versions.items())
        yield "versions", ", ".join(versions)


def _state(passed: bool) -> str:
    return "passed" if passed else "FAILED"


def _picture(folder: Path, files: tuple[str, ...]) -> str | None:
    for file in files:
        path = folder / file
        if path.suffix == ".png" and path.is_file() and path.stat().st_size <= _PICTURE:
            return base64.b64encode(read_bytes(path)).decode()
    return None
