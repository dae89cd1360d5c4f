"""``hawx inspect``: where the accuracy of a network goes, layer by layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.inspection.result import Inspection

__all__ = ["inspect"]

#: Images that are inspected where no number is given.
_IMAGES = 256


def inspect(
    config: ConfigArgument,
    images: Annotated[
        int | None,
        typer.Option(min=1, help="Images for learning to inspect; left out: at most 256."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="A picture of the layers.")
    ] = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Show layer by layer where accuracy goes, from float to int8 to blocks, and what is at fault.

    Accuracies and changed classes are those of images for learning: test images decide nothing.
    """
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.pipeline.data import check_option
    from hawx_hw.pipeline.inspection import inspect_network
    from hawx_hw.util.progress import console_for

    drawing = None if picture is None else _checked(picture)
    path = find_config(config)
    loaded = load_config(path)
    try:
        if images is not None:
            check_option(images, loaded, path.parent, "training", "--images")
        inspection = inspect_network(
            loaded,
            path.parent,
            build / loaded.name,
            images or _IMAGES,
            console_for(silent=as_json),
        )
    except UserError as error:
        raise located(error, path) from error
    if drawing is not None:
        from hawx_hw.inspection.plots import draw

        draw(inspection, drawing)
    if as_json:
        typer.echo(json.dumps(inspection.as_dict(), indent=2, sort_keys=True))
    else:
        _print(inspection)


def _checked(path: Path) -> Path:
    """The picture's file; one that cannot be drawn is refused before anything runs."""
    from hawx_hw.util.paths import check_output
    from hawx_hw.util.plotting import SUFFIXES, can_draw

    path = check_output(path, "--picture", suffixes=SUFFIXES)
    if not can_draw():
        raise UserError(
            "Pictures need matplotlib, which is missing.",
            where="--picture",
            hint="Install it with: python -m pip install matplotlib",
        )
    return path


def _print(inspection: Inspection) -> None:
    from hawx_hw.report.inspection import inspection_lines, layer_table
    from hawx_hw.util.tables import print_table

    print_table(None, inspection_lines(inspection), title=inspection.network)
    typer.echo()
    table = layer_table(inspection)
    print_table(table.heading, table.lines, title=table.title, numbers=True)
