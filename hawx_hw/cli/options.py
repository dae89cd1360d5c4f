"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["BUILD", "ArchitectureOption", "BuildOption", "ConfigArgument", "JsonOption"]

BUILD = Path("build")

ConfigArgument = Annotated[
    str,
    typer.Argument(metavar="CONFIG", help="A YAML file by path, or the name of one in configs/."),
]
BuildOption = Annotated[
    Path, typer.Option("--build", metavar="FOLDER", help="Results go to FOLDER/<name>/.")
]
ArchitectureOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Architecture of the designs; left out: that of configs."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and no progress.")]
