"""The summary at the end of a run: the results that matter, and where each file is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from hawx_hw.report import lines, tables
from hawx_hw.report.lines import Line
from hawx_hw.report.measured import MeasuredEntry, measured_designs, measured_tables
from hawx_hw.report.run_results import RunResults, load_results
from hawx_hw.report.tables import Table
from hawx_hw.util.tables import print_table

if TYPE_CHECKING:
    from hawx_hw.config.search import SearchConfig
    from hawx_hw.pipeline.stage import Outcome
    from hawx_hw.power.result import PowerResult
    from hawx_hw.report.chosen import ChosenDesign
    from hawx_hw.report.comparison import Comparison

__all__ = ["Summary", "print_summary", "summarize"]

#: The files of each stage that are worth naming, by what they are.
_FILES: Mapping[str, Mapping[str, str]] = {
    "quantize": {"integer graph": "quantized.npz"},
    "profile": {"scores": "scores.npz"},
    "search": {"front": "search.json", "front, drawn": "front.svg"},
    "retrain": {"retrained designs": "retrain.json"},
    "pick": {"design": "design.json"},
    "emit": {
        "Verilog": "rtl",
        "memory images": "mem",
        "C header": "hawx_registers.h",
        "register map": "registers.md",
        "layer program": "program.json",
    },
    "verify": {"verification": "verify.json"},
    "synth": {"netlist": "netlist.v", "synthesis": "synth.json"},
    "power": {"power": "power.json"},
    "references": {"designs to compare with": "references.json"},
}
#: The numbers of the summary for programs.
_NUMBERS = "summary.json"


@dataclass(frozen=True)
class Summary:
    """What a run came to.

    Parameters
    ----------
    results : RunResults
    outcomes : tuple of Outcome
    chosen : ChosenDesign or None
        None where no search chose the design.
    comparisons : tuple of Comparison
        What was both predicted and measured.
    """

    results: RunResults
    outcomes: tuple[Outcome, ...]
    chosen: ChosenDesign | None
    comparisons: tuple[Comparison, ...]

    @property
    def files(self) -> dict[str, Path]:
        """The files of the run's stages that are worth naming, as far as they are there."""
        folder = self.results.folder
        files = {
            name: folder / file
            for stage in self.results.stages
            for name, file in _FILES.get(stage, {}).items()
            if self._has_files(stage)
        }
        files["report"] = folder / "report.html"
        files["numbers, for programs"] = folder / _NUMBERS
        return {name: path for name, path in files.items() if path.exists()}

    @property
    def lines(self) -> list[Line]:
        """Names and texts, in the order of the stages."""
        every = [line for stage in self.results.stages for line in self.lines_of(stage)]
        every += [lines.flow_line(name, flow) for name, flow in self.results.flows.items()]
        return [*every, *((name, str(path)) for name, path in self.files.items())]

    @property
    def title(self) -> str:
        """The name of the config, and what the run had to do."""
        idle = [outcome.stage for outcome in self.outcomes if not outcome.ran]
        if len(idle) == len(self.outcomes):
            note = "everything was up to date"
        elif idle:
            note = f"up to date: {', '.join(idle)}"
        else:
            note = f"{sum(outcome.seconds for outcome in self.outcomes):.0f} s"
        return f"{self.results.folder.name} ({note})"

    def tables(self) -> Iterator[Table]:
        """The tables below the lines, in their order."""
        results = self.results
        if self.chosen is not None:
            yield tables.chosen_table(self.chosen)
        if self.comparisons:
            yield tables.comparison_table(self.comparisons)
        if results.emit is not None and len(results.emit.blocks) > 1:
            yield tables.block_table(results.emit)
        if results.verify is not None:
            yield tables.cycle_table(results.verify)
        yield from self.power_tables()
        yield from self.reference_tables()
        designs = self.measured
        if len(designs) > 1:
            yield from measured_tables(designs)

    def power_tables(self) -> Iterator[Table]:
        """Where the energy of the design goes; none where it was not measured."""
        if self.results.power is not None:
            yield from _power_tables(self.results.power)

    def reference_tables(self) -> Iterator[Table]:
        """The same of exact blocks, where these were measured beside it."""
        results = self.results
        references = results.references.designs if results.references is not None else ()
        # Exact blocks come first.
        for reference in references[:1]:
            yield from _power_tables(reference.power, f"{reference.what}: ")

    @property
    def measured(self) -> list[MeasuredEntry]:
        """The design and those that it is compared with; none where it was not measured."""
        results = self.results
        if results.power is None or results.synth is None:
            return []
        references = results.references.designs if results.references is not None else ()
        exact = results.quantize.accuracy.int8 if results.quantize is not None else None
        assigned = results.assign.accuracy if results.assign is not None else None
        own = exact if assigned is None else assigned.assigned
        return measured_designs(results.power, results.synth.area, own, references, exact)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        content: dict[str, Any] = {
            "name": self.results.folder.name,
            "folder": str(self.results.folder),
            "stages": {
                outcome.stage: {"ran": outcome.ran, "seconds": round(outcome.seconds, 2)}
                for outcome in self.outcomes
            },
            "results": self.results.as_dict(),
            "files": {name: str(path) for name, path in self.files.items()},
        }
        if self.chosen is not None:
            content["chosen"] = self.chosen.as_dict()
        if {"synth", "power"} & set(self.results.stages):
            content["predicted"] = [each.as_dict() for each in self.comparisons]
        # Tuples become lists here already, as in the JSON.
        copied: dict[str, Any] = json.loads(json.dumps(content))
        return copied

    def _has_files(self, stage: str) -> bool:
        """Whether a stage that may have nothing to do had something to do."""
        results = self.results
        if stage == "profile":
            return results.profile is not None and results.profile.profile is not None
        if stage == "search":
            return results.search is not None and results.search.search is not None
        if stage == "retrain":
            return results.retrain is not None and bool(results.retrain.designs)
        if stage == "references":
            return results.references is not None and bool(results.references.designs)
        return stage != "pick" or results.index is not None

    def lines_of(self, stage: str) -> list[Line]:
        """Names and texts of a stage of the run."""
        if stage == "pick":
            chosen, quantize = self.chosen, self.results.quantize
            known: list[Line] = []
            if chosen is not None:
                known = lines.bound_lines(chosen.bound, numbered=chosen.numbered)
            unseen = None if quantize is None else quantize.roles.unseen
            return [
                *lines.pick_lines(self.results.index),
                *known,
                *lines.basis_lines(chosen, unseen),
            ]
        if stage == "references":
            return []
        if stage == "retrain":
            assert self.results.retrain is not None
            return lines.retrain_lines(self.results.retrain, self.results.index)
        result = getattr(self.results, stage)
        if stage == "predict":
            return lines.predict_lines(result, compared=bool(self.comparisons))
        return _LINES[stage](result)


def _power_tables(power: PowerResult, what: str = "") -> Iterator[Table]:
    yield tables.energy_table(power, what)
    if power.memories:
        yield tables.memory_table(power, what)


_LINES: Mapping[str, Callable[[Any], list[Line]]] = {
    "quantize": lines.quantize_lines,
    "accelerator": lines.accelerator_lines,
    "profile": lines.profile_lines,
    "search": lines.search_lines,
    "assign": lines.assign_lines,
    "emit": lines.emit_lines,
    "verify": lines.verify_lines,
    "synth": lines.synth_lines,
    "power": lines.power_lines,
}


def summarize(
    folder: Path, outcomes: Sequence[Outcome], search: SearchConfig | None = None
) -> Summary:
    """The summary of a run.

    Parameters
    ----------
    folder : Path
        The build folder.
    outcomes : sequence of Outcome
        Of the stages of the run; other stages are left out.
    search : SearchConfig or None
        The config's search, with the constraints that the design was chosen by.

    Raises
    ------
    UserError
        A stage's file is missing, damaged or of another schema.
    """
    stages = tuple(outcome.stage for outcome in outcomes)
    results = load_results(folder, stages)
    chosen = None
    if results.index is not None:
        from hawx_hw.report.chosen import chosen_design
        from hawx_hw.search.retrained import load_candidates

        result = results.search.search if results.search is not None else None
        chosen = chosen_design(result or load_candidates(folder), results.index, search)
    comparisons: list[Comparison] = []
    if {"synth", "power"} & set(stages):
        from hawx_hw.prediction.result import PredictResult
        from hawx_hw.report.comparison import compare

        # A run without the stage is compared with an earlier prediction of the same design.
        there = (folder / PredictResult.FILE).exists()
        predicted = PredictResult.read(folder) if there else None
        comparisons = compare(predicted, results.synth, results.power, results.verify, chosen)
    return Summary(results, tuple(outcomes), chosen, tuple(comparisons))


def print_summary(summary: Summary, stream: TextIO | None = None) -> None:
    """Print a summary for people.

    Parameters
    ----------
    summary : Summary
    stream : text file or None
        Standard output where None.
    """
    print_table(None, summary.lines, title=summary.title, stream=stream)
    for table in summary.tables():
        print("", file=stream or sys.stdout)
        print_table(table.heading, table.lines, title=table.title, numbers=True, stream=stream)
