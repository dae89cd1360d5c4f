"""Designs for tests of comparisons: one, and the same with other numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hawx_hw.report.html.compare_content import ComparedRun
from hawx_hw.report.metrics import summary_result
from tests.report.html.pages import ALL, CONFIG, whole_summary

__all__ = ["changed", "compared", "predicted"]


def compared(folder: Path) -> ComparedRun:
    """A design of which everything is known; its results are in ``folder``."""
    summary = whole_summary(folder)
    return ComparedRun(CONFIG, "tiny.yaml", summary.results, summary_result(CONFIG, folder, ALL))


def changed(run: ComparedRun, name: str, **numbers: Any) -> ComparedRun:
    """The same design by another name, with other numbers."""
    return replace(
        run,
        config=CONFIG.model_copy(update={"name": name}),
        path=f"{name}.yaml",
        numbers=run.numbers.model_copy(update=numbers),
    )


def predicted(run: ComparedRun, name: str, *keys: str, **numbers: Any) -> ComparedRun:
    """The same design with other numbers; the energy and what is named are predictions."""
    sources = run.numbers.energy_nj.source.model_copy(update={"chosen": "predicted"})
    source = run.numbers.source.model_copy(update=dict.fromkeys(keys, "predicted"))
    energy = run.numbers.energy_nj.model_copy(update={"chosen": 150.0, "source": sources})
    return changed(run, name, energy_nj=energy, source=source, **numbers)
