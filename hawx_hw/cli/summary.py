"""``hawx summary``: the short summary of a config's results, or a section of the long one."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hawx_hw.cli.completion import sections
from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, IndexOption, JsonOption
from hawx_hw.cli.search import unstated_index, with_index
from hawx_hw.errors import UserError, shown

if TYPE_CHECKING:
    from hawx_hw.report.summary import Summary

__all__ = ["more_command", "print_short", "summary"]


def summary(
    config: ConfigArgument,
    section: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"One of {', '.join(sections(''))}; left out: what matters most.",
            autocompletion=sections,
        ),
    ] = None,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Summarize a config's results that are up to date; nothing runs."""
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.pipeline.stage import Outcome
    from hawx_hw.report.sections import SECTIONS, print_section
    from hawx_hw.report.summary import summarize
    from hawx_hw.util.progress import console_for

    if section is not None and section not in SECTIONS:
        raise UserError(
            f"There is no section {shown(section)}",
            where="--section",
            hint=f"The sections are {', '.join(SECTIONS)}.",
        )
    path = find_config(config)
    loaded = load_config(path)
    index, loaded = unstated_index(loaded, index), with_index(loaded, index)
    folder = build / loaded.name
    try:
        pipeline = pipeline_of(loaded, folder, console_for(silent=True), base=path.parent)
        stages = pipeline.current()
    except UserError as error:
        raise located(error, path) from error
    if not stages:
        raise UserError(
            "There are no results that are up to date",
            where=str(folder),
            hint=f"Make them first: {_run_command(config, index)}",
        )
    outcomes = [Outcome(stage, ran=False, seconds=0.0) for stage in stages]
    results = summarize(folder, outcomes, loaded.search)
    if as_json:
        typer.echo(json.dumps(results.as_dict(), indent=2, sort_keys=True))
    elif section is None:
        print_short(results, config, build, index)
    elif not print_section(results, section):
        raise UserError(
            f"There is nothing of {section}",
            where=str(folder),
            hint=f"Run its stage first: {_run_command(config, index)}",
        )


def print_short(results: Summary, name: str, build: Path, index: int | None = None) -> None:
    """Print the short summary, with the command that prints the rest.

    Parameters
    ----------
    results : Summary
    name : str
        How the user names the config.
    build : Path
        The folder of the option ``--build``.
    index : int or None
        Of the option ``--index``, where the config does not state it.
    """
    from hawx_hw.report.brief import brief, print_brief
    from hawx_hw.util.quiet import is_quiet

    print_brief(brief(results, more_command(name, build, index)), sys.stdout, quiet=is_quiet())


def more_command(name: str, build: Path, index: int | None = None) -> str:
    """The command that prints what the short summary leaves out."""
    words = ["hawx", "summary", name, "--section", "all", *_index_words(index)]
    if build != BUILD:
        words += ["--build", str(build)]
    return shlex.join(words)


def _run_command(name: str, index: int | None) -> str:
    return shlex.join(["hawx", "run", name, *_index_words(index)])


def _index_words(index: int | None) -> list[str]:
    return [] if index is None else ["--index", str(index)]
