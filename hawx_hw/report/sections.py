"""The parts of a summary, each by its name: what stands behind the short one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TextIO

from hawx_hw.report import lines, tables
from hawx_hw.report.measured import measured_tables
from hawx_hw.report.summary import print_summary
from hawx_hw.util.tables import print_table

if TYPE_CHECKING:
    from hawx_hw.report.lines import Line
    from hawx_hw.report.summary import Summary
    from hawx_hw.report.tables import Table

__all__ = ["ALL", "SECTIONS", "print_section", "section"]

ALL = "all"
#: What each section shows, by its name.
SECTIONS: Mapping[str, str] = {
    "network": "accuracy in float and in integers, roles of the images",
    "search": "scores, search, retraining, the chosen design beside others",
    "accelerator": "what was built, and the blocks of each layer",
    "prediction": "predicted beside measured",
    "cycles": "verification, and where the cycles go",
    "synthesis": "cells, area, longest path",
    "power": "power, and where the energy goes by layer, part and memory",
    "comparison": "measured energy beside exact blocks and lower precision",
    "flows": "what flows to FPGAs and silicon came to",
    "files": "the files of the build folder",
    ALL: "everything",
}
#: The stages that a section is of, and the last of them to run.
_STAGES: Mapping[str, tuple[str, ...]] = {
    "network": ("quantize",),
    "search": ("profile", "search", "retrain", "pick", "assign"),
    "accelerator": ("accelerator", "emit"),
    "prediction": ("predict",),
    "cycles": ("verify",),
    "synthesis": ("synth",),
    "power": ("power",),
}


def section(summary: Summary, name: str) -> tuple[list[Line], list[Table]]:
    """Lines and tables of a section; both are empty where no stage that it is of was done.

    Parameters
    ----------
    summary : Summary
    name : str
        One of :data:`SECTIONS`, but for ``all``.
    """
    results = summary.results
    known = [
        line
        for stage in results.stages
        if stage in _STAGES.get(name, ())
        for line in summary.lines_of(stage)
    ]
    if name == "flows":
        known += [lines.flow_line(*each) for each in results.flows.items()]
    if name == "files":
        known += [(what, str(path)) for what, path in summary.files.items()]
    return known, list(_tables(summary, name))


def _tables(summary: Summary, name: str) -> Iterator[Table]:
    results = summary.results
    if name == "search" and summary.chosen is not None:
        yield tables.chosen_table(summary.chosen)
    elif name == "accelerator" and results.emit is not None and len(results.emit.blocks) > 1:
        yield tables.block_table(results.emit)
    elif name == "prediction" and summary.comparisons:
        yield tables.comparison_table(summary.comparisons)
    elif name == "cycles" and results.verify is not None:
        yield tables.cycle_table(results.verify)
    elif name == "power":
        yield from summary.power_tables()
    elif name == "comparison":
        yield from summary.reference_tables()
        if len(summary.measured) > 1:
            yield from measured_tables(summary.measured)


def print_section(summary: Summary, name: str, stream: TextIO | None = None) -> bool:
    """Print a section for people; returns whether there was anything to print.

    Parameters
    ----------
    summary : Summary
    name : str
        One of :data:`SECTIONS`.
    stream : text file or None
        Standard output where None.
    """
    if name == ALL:
        print_summary(summary, stream)
        return True
    known, more = section(summary, name)
    if known:
        print_table(None, known, title=f"{summary.results.folder.name}: {name}", stream=stream)
    for index, table in enumerate(more):
        if index or known:
            print("", file=stream or sys.stdout)
        print_table(table.heading, table.lines, title=table.title, numbers=True, stream=stream)
    return bool(known or more)
