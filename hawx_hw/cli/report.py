"""``hawx report``: all that is known of a design, as one HTML file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption
from hawx_hw.errors import UserError
from hawx_hw.util.paths import check_output

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.pipeline.pipeline import Pipeline
    from hawx_hw.report.html.content import Content

__all__ = ["report", "write_report"]


def report(
    config: ConfigArgument,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Left out: report.html in the build folder."),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Show everything about a design in one HTML file, from the results that are up to date."""
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.pipeline.order import REPORT, pipeline_of
    from hawx_hw.util.progress import console_for

    path = find_config(config)
    loaded = load_config(path)
    folder = build / loaded.name
    target = (
        folder / REPORT if output is None else check_output(output, "--output", suffixes=(".html",))
    )
    try:
        pipeline = pipeline_of(loaded, folder, console_for(silent=True), base=path.parent)
        content = _content(pipeline, loaded, folder, config)
    except UserError as error:
        raise located(error, path) from error
    if as_json:
        typer.echo(json.dumps(content.model_dump(mode="json"), indent=2, sort_keys=True))
        return
    _write(content, target)
    typer.echo(str(target))
    if open_it:
        import webbrowser

        webbrowser.open(target.resolve().as_uri())


def write_report(pipeline: Pipeline, config: Config, folder: Path, name: str) -> Path:
    """Write the report of a build folder into it, unless it is there; returns its path.

    Parameters
    ----------
    pipeline : Pipeline
    config : Config
    folder : Path
        The build folder.
    name : str
        How the user names the config.
    """
    from hawx_hw.pipeline.order import REPORT

    path = folder / REPORT
    if not path.is_file():
        # A run removes it once a stage changes anything.
        _write(_content(pipeline, config, folder, name), path)
    return path


def _content(pipeline: Pipeline, config: Config, folder: Path, name: str) -> Content:
    from hawx_hw.pipeline.stage import Outcome
    from hawx_hw.report.html.build import report_content
    from hawx_hw.report.summary import summarize

    stages = pipeline.current()
    if not stages:
        raise UserError(
            "There are no results that are up to date.",
            where=str(folder),
            hint=f"Make them first: hawx run {name}",
        )
    outcomes = [Outcome(stage, ran=False, seconds=0.0) for stage in stages]
    summary = summarize(folder, outcomes, config.search)
    return report_content(summary, config, path=name, seconds=_seconds(pipeline, stages))


def _seconds(pipeline: Pipeline, stages: tuple[str, ...]) -> Mapping[str, float]:
    """What each stage took the last time it ran, as far as it is recorded."""
    durations = pipeline.durations
    known = ((stage, durations.get(stage)) for stage in stages)
    return {stage: seconds for stage, seconds in known if seconds is not None}


def _write(content: Content, target: Path) -> None:
    from hawx_hw.report.html.render import page
    from hawx_hw.util.files import write_text

    write_text(target, page(content))
