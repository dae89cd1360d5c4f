"""Puts the content of a report together from the results of a run."""

from __future__ import annotations

import base64
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw import __version__
from hawx_hw.report import lines, tables
from hawx_hw.report.html.content import Content, Flow, FrontContent, Missing, TableContent
from hawx_hw.report.html.costs import bars
from hawx_hw.report.html.front import front_content
from hawx_hw.report.html.machine import machine_content
from hawx_hw.report.html.verdict import verdict_content
from hawx_hw.report.measured import measured_tables
from hawx_hw.util.files import read_bytes

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.report.html.content import ScoresContent
    from hawx_hw.report.run_results import RunResults
    from hawx_hw.report.summary import Summary
    from hawx_hw.report.tables import Table

__all__ = ["report_content"]

#: Sections, with the stage that makes each.
_STAGES = {
    "front": "search",
    "scores": "profile",
    "machine": "emit",
    "cycles and energy": "power",
    "predictions": "synth",
    "proofs": "verify",
}
#: A picture of a flow that is put into the page has at most so many bytes.
_PICTURE = 600_000


def report_content(
    summary: Summary, config: Config, *, path: str, seconds: Mapping[str, float] | None = None
) -> Content:
    """The content of a report.

    Parameters
    ----------
    summary : Summary
        Of the stages whose results are up to date.
    config : Config
    path : str
        How the user names the config.
    seconds : mapping of str to float or None
        What each stage took the last time it ran.
    """
    results = summary.results
    return Content(
        name=config.name,
        title=results.emit.title if results.emit is not None else "no accelerator yet",
        network=f"{config.network.model} on {config.network.dataset}",
        verdict=verdict_content(summary, config),
        front=_front(results, config, path),
        scores=_scores(results),
        machine=machine_content(results, config.accelerator.architecture),
        bars=tuple(bars(results)),
        tables={name: tuple(map(_table, each)) for name, each in _tables(summary).items()},
        proofs=tuple(_proofs(results)),
        flows=tuple(_flows(results)),
        reproduce=tuple(_reproduce(results, path, seconds or {})),
        config=_yaml(config),
        missing=tuple(_missing(results, config, path)),
    )


def _front(results: RunResults, config: Config, path: str) -> FrontContent | None:
    search = results.search.search if results.search is not None else None
    return None if search is None else front_content(search, results.index, config.search, path)


def _scores(results: RunResults) -> ScoresContent | None:
    if results.profile is None or results.profile.profile is None:
        return None
    from hawx_hw.report.html.sensitivity import scores_content
    from hawx_hw.scores.profiling import load_profiling

    profiling = load_profiling(results.folder)
    return scores_content(profiling.profile, profiling.report.images)


def _tables(summary: Summary) -> dict[str, list[Table]]:
    """The tables of the summary, by section."""
    results = summary.results
    sections: dict[str, list[Table]] = {}
    if summary.chosen is not None:
        sections["verdict"] = [tables.chosen_table(summary.chosen)]
    if summary.comparisons:
        sections["predictions"] = [tables.comparison_table(summary.comparisons)]
    if results.emit is not None:
        sections["machine"] = [tables.block_table(results.emit)]
    costs = []
    if results.verify is not None:
        costs.append(tables.cycle_table(results.verify))
    if results.power is not None:
        costs.append(tables.energy_table(results.power))
        if results.power.memories:
            costs.append(tables.memory_table(results.power))
    if costs:
        sections["costs"] = costs
    designs = summary.measured
    if len(designs) > 1:
        sections.setdefault("verdict", []).extend(measured_tables(designs))
    return sections


def _table(table: Table) -> TableContent:
    words = tuple(not any(map(_is_number, cells)) for cells in zip(*table.lines, strict=True))
    return TableContent(
        title=f"{table.title[0].upper()}{table.title[1:]}",
        heading=table.heading,
        lines=table.lines,
        words=words or (True,) * len(table.heading),
    )


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in ("+", "-")


def _proofs(results: RunResults) -> Iterator[tuple[str, str]]:
    verify = results.verify
    if verify is None:
        return
    yield from lines.verify_lines(verify)
    yield (
        "inferences",
        f"{verify.inferences:,} in all scenarios; {verify.traced} images with every stored word "
        "compared",
    )
    for name, scenario in verify.scenarios.items():
        state = "passed" if scenario.passed else f"FAILED: {'; '.join(scenario.failures)}"
        yield f"scenario {name.replace('_', ' ')}", state
    if results.emit is not None:
        for block in results.emit.blocks:
            yield f"block {block.name}", f"products of SHA-256 {block.table_sha256[:16]}..."


def _flows(results: RunResults) -> Iterator[Flow]:
    for name, flow in results.flows.items():
        folder = results.folder / "flows" / name
        yield Flow(
            name=name,
            text=lines.flow_line(name, flow)[1],
            passed=not flow.failures,
            picture=_picture(folder, flow.report.files),
        )


def _picture(folder: Path, files: tuple[str, ...]) -> str | None:
    for file in files:
        path = folder / file
        if path.suffix == ".png" and path.is_file() and path.stat().st_size <= _PICTURE:
            return base64.b64encode(read_bytes(path)).decode()
    return None


def _reproduce(
    results: RunResults, path: str, seconds: Mapping[str, float]
) -> Iterator[tuple[str, str]]:
    yield "command", f"hawx run {path}"
    yield "hawx_hw", __version__
    if results.emit is not None:
        yield "hash of the config in the accelerator", results.emit.config_hash
        yield "SHA-256 of the parameters", results.emit.parameters_sha256
    if results.quantize is not None:
        yield "SHA-256 of the data set", results.quantize.dataset.sha256
    if results.synth is not None:
        yield "SHA-256 of the library", results.synth.technology.sha256
    for stage, took in seconds.items():
        yield f"time of {stage}", f"{took:,.1f} s"
    yield "machine", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _yaml(config: Config) -> str:
    from hawx_hw.util.yaml_text import write_yaml

    return write_yaml(config.model_dump(mode="json"))


def _missing(results: RunResults, config: Config, path: str) -> Iterator[Missing]:
    for section, stage in _STAGES.items():
        if stage in results.stages:
            continue
        if config.search is None and stage in ("search", "profile"):
            continue
        yield Missing(section=section, command=f"hawx run {path} --until {stage}")
    if not results.flows:
        yield Missing(section="flows", command=f"hawx flow list; hawx flow ecp5 {path}")
