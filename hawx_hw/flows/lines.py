"""The result of a flow as lines for people."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.result import FlowResult, Resource

__all__ = ["result_lines"]


def result_lines(result: FlowResult, folder: Path) -> list[tuple[str, str]]:
    """Names and texts, in the order in which a reader asks.

    Parameters
    ----------
    result : FlowResult
    folder : Path
        Of the flow.
    """
    report = result.report
    lines = [
        ("what", result.title),
        ("target", report.target),
        ("result", result.worth),
        *((resource.kind, _used(resource)) for resource in report.resources),
        *(
            (f"clock {clock.name}", f"{clock.required_mhz:g} MHz required, {clock.observed}")
            for clock in report.clocks
        ),
    ]
    if report.area_um2 is not None:
        lines.append(("area", f"{report.area_um2:,.0f} um2"))
    lines += [(name, f"{number:,.6g}") for name, number in report.numbers.items()]
    for check in report.checks:
        state = "passed" if check.passed else "FAILED"
        lines.append((f"check: {check.name}", f"{state}; {check.detail}".rstrip("; ")))
    lines += [("note", note) for note in report.notes]
    lines += [("file", str(folder / file)) for file in report.files]
    tools = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    return [*lines, ("tools", tools), ("time", f"{result.seconds:.0f} s")]


def _used(resource: Resource) -> str:
    if not resource.available:
        return f"{resource.used:,}"
    share = 100 * resource.used / resource.available
    return f"{resource.used:,} of {resource.available:,} ({share:.1f} %)"
