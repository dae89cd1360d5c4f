"""Puts the content of a report together from the results of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hawx_hw.report.html.content import Content, Missing
from hawx_hw.report.html.costs import bars
from hawx_hw.report.html.evidence import outside_sentences, proof_pairs, reproduce_pairs
from hawx_hw.report.html.flow_section import flow_contents
from hawx_hw.report.html.front import FrontContent, front_content
from hawx_hw.report.html.machine import machine_content
from hawx_hw.report.html.names import arguments, network_title
from hawx_hw.report.html.page_tables import section_tables
from hawx_hw.report.html.verdict import verdict_content

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.report.html.cells import CellMap
    from hawx_hw.report.html.content import ScoresContent
    from hawx_hw.report.run_results import RunResults
    from hawx_hw.report.summary import Summary
    from hawx_hw.search.result import AccuracyCurve, SearchResult

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


def report_content(
    summary: Summary,
    config: Config,
    *,
    path: str,
    index: int | None = None,
    seconds: Mapping[str, float] | None = None,
    maps: Mapping[int, CellMap] | None = None,
) -> Content:
    """The content of a report.

    Parameters
    ----------
    summary : Summary
        Of the stages whose results are up to date.
    config : Config
    path : str
        How the user names the config.
    index : int or None
        The option ``--index`` that the results were made with, where the config in its file does
        not state it.
    seconds : mapping of str to float or None
        What each stage took the last time it ran.
    maps : mapping of int to CellMap or None
        The multiplier cells of the search's designs, by their numbers.
    """
    results = summary.results
    curve = _curve(results)
    return Content(
        name=config.name,
        title=results.emit.title if results.emit is not None else "no accelerator yet",
        network=network_title(config),
        verdict=verdict_content(summary, config),
        front=_front(results, config, path, index, maps),
        scores=_scores(results),
        accuracy=curve,
        accuracy_text="" if curve is None else _curve_text(results, curve),
        machine=machine_content(results, config.accelerator.architecture),
        bars=tuple(bars(results)),
        tables=section_tables(summary),
        outside=tuple(outside_sentences(summary)),
        proofs=tuple(proof_pairs(results, config, path)),
        flows=tuple(flow_contents(results)),
        reproduce=tuple(reproduce_pairs(results, path, seconds or {}, index)),
        config=_yaml(config),
        missing=tuple(_missing(results, config, path, index)),
    )


def _search(results: RunResults) -> SearchResult | None:
    return results.search.search if results.search is not None else None


def _front(
    results: RunResults,
    config: Config,
    path: str,
    index: int | None,
    maps: Mapping[int, CellMap] | None,
) -> FrontContent | None:
    search = _search(results)
    if search is None:
        return None
    return front_content(search, results.index, config.search, path, maps, index)


def _scores(results: RunResults) -> ScoresContent | None:
    if results.profile is None or results.profile.profile is None:
        return None
    from hawx_hw.report.html.sensitivity import scores_content
    from hawx_hw.scores.profiling import load_profiling

    profiling = load_profiling(results.folder)
    return scores_content(profiling.profile, profiling.report.images)


def _curve(results: RunResults) -> AccuracyCurve | None:
    search = _search(results)
    return None if search is None else search.accuracy_curve


def _curve_text(results: RunResults, curve: AccuracyCurve) -> str:
    search = _search(results)
    assert search is not None
    shown = len(curve.scores)
    some = "" if shown == curve.assignments else f", {shown:,} of which are shown"
    return (
        f"The search evaluated {curve.assignments:,} assignments on {search.images:,} training "
        f"images{some}. Predicted from its hawx(model) and the other evaluations, the accuracy of "
        f"each is off by {curve.error:.2f} percentage points on average; {curve.inside:,} of "
        f"{shown:,} lie within their interval of 90 %."
    )


def _yaml(config: Config) -> str:
    from hawx_hw.util.yaml_text import write_yaml

    return write_yaml(config.model_dump(mode="json"))


def _missing(
    results: RunResults, config: Config, path: str, index: int | None
) -> Iterator[Missing]:
    named = arguments(path, index)
    for section, stage in _STAGES.items():
        if stage in results.stages:
            continue
        if config.search is None and stage in ("search", "profile"):
            continue
        yield Missing(section=section, command=f"hawx run {named} --until {stage}")
    if _search(results) is not None and _curve(results) is None:
        yield Missing(
            section="accuracy",
            command=f"hawx search {path} --budget 20",
        )
    if not results.flows:
        yield Missing(section="flows", command=f"hawx flow list; hawx flow ecp5 {named}")
