"""``hawx report``: all that is known of a design, or of several side by side, as one HTML file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hawx_hw.cli.options import BUILD, BuildOption, IndexOption, JsonOption
from hawx_hw.cli.search import unstated_index, with_index
from hawx_hw.errors import UserError
from hawx_hw.util.paths import check_output

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.pipeline.pipeline import Pipeline
    from hawx_hw.report.html.cells import CellMap
    from hawx_hw.report.html.compare_content import ComparedRun
    from hawx_hw.report.html.content import Content
    from hawx_hw.report.summary import Summary

__all__ = ["report", "write_report"]


def report(
    configs: Annotated[
        list[str],
        typer.Argument(
            metavar="CONFIG...",
            help="A YAML file by path, or the name of one in configs/. Of several, a comparison "
            "with the first.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Left out: report.html in the build folder; of several configs "
            "compare-A-B.html beside their build folders.",
        ),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Show everything about a design in one HTML file, from the results that are up to date.

    Of several configs, show their designs side by side.
    """
    target = None if output is None else check_output(output, "--output", suffixes=(".html",))
    if len(configs) == 1:
        content, default, text = _one(configs[0], index, build, as_json)
    elif index is not None:
        raise UserError(
            "A point of a front is of one config, and several are compared.",
            where="--index",
            hint="Put index: under search in its config.",
        )
    else:
        content, default, text = _several(configs, build, as_json)
    if as_json:
        typer.echo(json.dumps(content, indent=2, sort_keys=True))
        return
    from hawx_hw.util.files import write_text

    path = target or default
    write_text(path, text)
    typer.echo(str(path))
    if open_it:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


def write_report(
    pipeline: Pipeline,
    config: Config,
    folder: Path,
    name: str,
    base: Path,
    index: int | None = None,
) -> Path:
    """Write the report of a build folder into it, unless it is there; returns its path.

    Parameters
    ----------
    pipeline : Pipeline
    config : Config
    folder : Path
        The build folder.
    name : str
        How the user names the config.
    base : Path
        The folder that the config's relative paths start from.
    index : int or None
        Of the option ``--index``, where the config does not state it.
    """
    from hawx_hw.pipeline.order import REPORT
    from hawx_hw.report.html.render import page
    from hawx_hw.util.files import write_text

    path = folder / REPORT
    if not path.is_file():
        # A run removes it once a stage changes anything.
        write_text(path, page(_content(pipeline, config, folder, name, base, index)))
    return path


def _one(name: str, index: int | None, build: Path, as_json: bool) -> tuple[object, Path, str]:
    """The content of a design's report, where it goes, and its page."""
    from hawx_hw.pipeline.order import REPORT
    from hawx_hw.report.html.render import page

    with _located(name):
        pipeline, config, folder, base, unstated = _loaded(name, index, build)
        content = _content(pipeline, config, folder, name, base, unstated)
    values = content.model_dump(mode="json") if as_json else None
    return values, folder / REPORT, "" if as_json else page(content)


def _several(names: Sequence[str], build: Path, as_json: bool) -> tuple[object, Path, str]:
    """The same of several designs side by side."""
    from hawx_hw.report.html.compare import compare_runs
    from hawx_hw.report.html.render import comparison_page

    runs = [_compared(name, build) for name in names]
    own = [run.name for run in runs]
    for name in own:
        if own.count(name) > 1:
            raise UserError(
                f"Two of the configs are named {name!r}, and share a build folder",
                where="CONFIG...",
                hint="Give them names of their own: the key name.",
            )
    content = compare_runs(runs)
    values = content.model_dump(mode="json") if as_json else None
    target = build / f"compare-{'-'.join(own)}.html"
    return values, target, "" if as_json else comparison_page(content)


@contextmanager
def _located(name: str) -> Iterator[None]:
    """Errors within name the config's file and line."""
    from hawx_hw.config.load import find_config, located

    path = find_config(name)
    try:
        yield
    except UserError as error:
        raise located(error, path) from error


def _loaded(
    name: str, index: int | None, build: Path
) -> tuple[Pipeline, Config, Path, Path, int | None]:
    """The pipeline of a config, the config, its build folder, its own, and the unstated index."""
    from hawx_hw.config.load import find_config, load_config
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.util.progress import console_for

    path = find_config(name)
    loaded = load_config(path)
    config = with_index(loaded, index)
    folder = build / config.name
    pipeline = pipeline_of(config, folder, console_for(silent=True), base=path.parent)
    return pipeline, config, folder, path.parent, unstated_index(loaded, index)


def _content(
    pipeline: Pipeline, config: Config, folder: Path, name: str, base: Path, index: int | None
) -> Content:
    from hawx_hw.report.html.build import report_content
    from hawx_hw.report.html.names import arguments

    stages, summary = _summary(pipeline, config, folder, arguments(name, index))
    return report_content(
        summary,
        config,
        path=name,
        index=index,
        seconds=_seconds(pipeline, stages),
        maps=_maps(summary, folder, base),
    )


def _maps(summary: Summary, folder: Path, base: Path) -> Mapping[int, CellMap]:
    """The multiplier cells of the search's designs, by their numbers."""
    from hawx_hw.graph.storage import load_graph
    from hawx_hw.pipeline.data import GRAPH
    from hawx_hw.report.html.cells import design_maps

    search = None if summary.results.search is None else summary.results.search.search
    return {} if search is None else design_maps(search, load_graph(folder / GRAPH), base)


def _compared(name: str, build: Path) -> ComparedRun:
    from hawx_hw.report.html.compare_content import ComparedRun
    from hawx_hw.report.metrics import summary_result

    with _located(name):
        pipeline, config, folder, *_ = _loaded(name, None, build)
        stages, summary = _summary(pipeline, config, folder, name)
        numbers = summary_result(config, folder, stages)
    return ComparedRun(config, name, summary.results, numbers)


def _summary(
    pipeline: Pipeline, config: Config, folder: Path, name: str
) -> tuple[tuple[str, ...], Summary]:
    """The stages that are up to date, and what they came to."""
    from hawx_hw.pipeline.stage import Outcome
    from hawx_hw.report.summary import summarize

    stages = pipeline.current()
    if not stages:
        raise UserError(
            "There are no results that are up to date.",
            where=str(folder),
            hint=f"Make them first: hawx run {name}",
        )
    outcomes = [Outcome(stage, ran=False, seconds=0.0) for stage in stages]
    return stages, summarize(folder, outcomes, config.search)


def _seconds(pipeline: Pipeline, stages: tuple[str, ...]) -> Mapping[str, float]:
    """What each stage took the last time it ran, as far as it is recorded."""
    durations = pipeline.durations
    known = ((stage, durations.get(stage)) for stage in stages)
    return {stage: seconds for stage, seconds in known if seconds is not None}
