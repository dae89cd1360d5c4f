"""Commands that bring the stages of a config up to date, and what they print at their end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hawx_hw.cli.options import shown_path
from hawx_hw.cli.search import unstated_index, with_index
from hawx_hw.cli.summary import print_short
from hawx_hw.errors import UserError, VerificationError

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.pipeline.pipeline import Pipeline
    from hawx_hw.pipeline.stage import Outcome

__all__ = ["run_job"]


def run_job(
    name: str,
    build: Path,
    as_json: bool,
    choose: Callable[[Pipeline], Sequence[str]],
    override: Callable[[Config], Config] = lambda config: config,
    protected: Sequence[str] = (),
    reported: bool = False,
    index: int | None = None,
) -> None:
    """Run the chosen stages of a config and print the summary.

    Parameters
    ----------
    name : str
        Of the config, as the user gives it.
    build : Path
        The folder of the option ``--build``.
    as_json : bool
        Print JSON, and no progress.
    choose : callable
        Names of the stages to run, in their order.
    override : callable
        The config with what options change in it.
    protected : sequence of str
        See :meth:`~hawx_hw.pipeline.pipeline.Pipeline.run`.
    reported : bool
        Whether the report is written.
    index : int or None
        The option ``--index``.

    Raises
    ------
    UserError
        See :meth:`~hawx_hw.pipeline.pipeline.Pipeline.run`.
    VerificationError
        The same, after the summary of what was done.
    """
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.util.progress import console_for

    path = shown_path(find_config(name))
    loaded = load_config(path)
    config, index = override(with_index(loaded, index)), unstated_index(loaded, index)
    folder = build / config.name
    try:
        pipeline = pipeline_of(config, folder, console_for(silent=as_json), base=path.parent)
        outcomes = pipeline.run(choose(pipeline), protected=protected)
    except UserError as error:
        raise located(error, path) from error
    except VerificationError:
        if not as_json:
            _print_failed(pipeline, config, folder, name, build, index)
        raise
    if reported:
        from hawx_hw.cli.report import write_report

        write_report(pipeline, config, folder, name, path.parent, index)
    _print(config, folder, outcomes, as_json, name, build, index)


def _print_failed(
    pipeline: Pipeline, config: Config, folder: Path, name: str, build: Path, index: int | None
) -> None:
    """The summary of a run whose verification failed: what is up to date, and what differs."""
    from hawx_hw.pipeline.stage import Outcome
    from hawx_hw.verification.result import VerifyResult

    stages = list(pipeline.current())
    if (folder / VerifyResult.FILE).is_file() and "emit" in stages:
        stages.insert(stages.index("emit") + 1, "verify")
        outcomes = [Outcome(stage, ran=stage == "verify", seconds=0.0) for stage in stages]
        _print(config, folder, outcomes, False, name, build, index)


def _print(
    config: Config,
    folder: Path,
    outcomes: Sequence[Outcome],
    as_json: bool,
    name: str,
    build: Path,
    index: int | None,
) -> None:
    from hawx_hw.report.summary import summarize

    summary = summarize(folder, outcomes, config.search)
    if as_json:
        typer.echo(json.dumps(summary.as_dict(), indent=2, sort_keys=True))
    else:
        print_short(summary, name, build, index)
