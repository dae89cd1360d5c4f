"""Arguments and options that several commands have."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from hawx_hw.cli.completion import config_files
from hawx_hw.util.paths import user_path

__all__ = [
    "BUILD",
    "ArchitectureOption",
    "BuildOption",
    "ConfigArgument",
    "IndexOption",
    "JsonOption",
    "shown_path",
]

BUILD = Path("build")


def _folder(path: Path) -> Path:
    """The folder that a user named, with a ``~`` at its start resolved."""
    return user_path(path, "--build")


ConfigArgument = Annotated[
    str,
    typer.Argument(
        metavar="CONFIG",
        help="A YAML file by path, or the name of one in configs/.",
        autocompletion=config_files,
    ),
]
BuildOption = Annotated[
    Path,
    typer.Option(
        "--build", metavar="FOLDER", callback=_folder, help="Results go to FOLDER/<name>/."
    ),
]
IndexOption = Annotated[
    int | None,
    typer.Option(
        "--index",
        help="The point of the search's front that is built; left out: by the config's search.",
    ),
]
ArchitectureOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Architecture of the designs; left out: that of configs."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and no progress.")]


def shown_path(path: Path) -> Path:
    """``path`` as short as the current folder allows, for messages."""
    with suppress(ValueError):
        return path.resolve().relative_to(Path.cwd())
    return path
