"""``hawx retrain``: the network learns again, computing with the blocks that it is built with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption
from hawx_hw.cli.search import with_index
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.retraining.result import RetrainedDesign, RetrainResult

__all__ = ["retrain", "with_training"]


def retrain(
    config: ConfigArgument,
    epochs: Annotated[int | None, typer.Option(help="Passes over the images.")] = None,
    gradient: Annotated[str | None, typer.Option(help="straight, gain or table.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the order of images and of their distortion.")
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At the start.")] = None,
    distillation: Annotated[
        bool | None, typer.Option(help="Learn from the outputs of exact blocks, too.")
    ] = None,
    finalists: Annotated[
        int | None, typer.Option(help="Designs of a search that are retrained.")
    ] = None,
    index: Annotated[
        int | None, typer.Option(help="Number of the one point of a search to retrain.")
    ] = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Train the network again under its approximate blocks, or the finalists of a search.

    What is left out is as in the config's training. It learns from the images for learning alone;
    those that select, and the test images, show what it is worth. Training that was interrupted
    goes on.
    """
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.retraining.result import RetrainResult
    from hawx_hw.util.progress import console_for

    given = {
        "epochs": epochs,
        "gradient": gradient,
        "seed": seed,
        "learning_rate": learning_rate,
        "distillation": distillation,
        "finalists": finalists,
    }
    path = find_config(config)
    loaded = with_training(with_index(load_config(path), index), given)
    folder = build / loaded.name
    try:
        pipeline = pipeline_of(loaded, folder, console_for(silent=as_json), base=path.parent)
        pipeline.run(pipeline.needed("retrain"))
    except UserError as error:
        raise located(error, path) from error
    if as_json:
        typer.echo(read_text(folder / RetrainResult.FILE), nl=False)
        return
    _print(RetrainResult.read(folder), folder)
    named = [f"{key}: {value}" for key, value in given.items() if value is not None]
    if named or load_config(path).training is None:
        section = ", ".join(named) or "epochs: 5"
        typer.echo(
            f"hawx run goes by the config: put training: {{{section}}} there to build the result."
        )


def with_training(config: Config, options: dict[str, Any]) -> Config:
    """The config with some keys of its training replaced; what is None is left as it is.

    A config without training gets one.

    Raises
    ------
    UserError
        A value that the config could not have either, or exact blocks alone.
    """
    from pydantic import ValidationError

    from hawx_hw.config.training import TrainingConfig

    if config.search is None and set(config.blocks.names) == {"exact"}:
        raise UserError(
            "All blocks are exact; there is nothing to retrain for",
            where="blocks",
            hint="Give blocks or search.",
        )
    if config.search is None and options.get("finalists") is not None:
        raise UserError("Finalists are designs of a search", where="--finalists")
    before = config.training
    given = {} if before is None else before.model_dump(mode="json", exclude_unset=True)
    changed = {name: value for name, value in options.items() if value is not None}
    try:
        training = TrainingConfig.model_validate({**given, **changed})
    except ValidationError as error:
        problem = error.errors()[0]
        raise UserError(
            f"{problem['msg'].replace('Input should be', 'It must be')}, not {problem['input']!r}",
            where=f"--{str(problem['loc'][0]).replace('_', '-')}",
        ) from error
    return config.model_copy(update={"training": training})


def _print(result: RetrainResult, folder: Path) -> None:
    from hawx_hw.util.tables import print_table

    if result.settings is None:
        typer.echo("Nothing was retrained: no design with approximate blocks is worth it.")
        return
    print_table(
        ("design", "images", "exact", "before", "retrained", "test: before", "retrained", "blocks"),
        [_line(design) for design in result.designs],
        numbers=True,
    )
    settings = result.settings
    typer.echo(
        f"{settings.epochs} epoch{'' if settings.epochs == 1 else 's'} on "
        f"{settings.images:,} images; accuracies are on images that "
        f"{'select' if result.designs[0].select else 'test'}, which no training saw."
    )
    if result.designs[0].index is not None:
        typer.echo("hawx pick shows which one the constraints pick.")
    typer.echo(f"{folder / type(result).FILE}")


def _line(design: RetrainedDesign) -> list[str]:
    seen = design.select or design.test
    shares = (seen.exact, seen.before, seen.after, design.test.before, design.test.after)
    return [
        "" if design.index is None else str(design.index),
        f"{seen.images:,}",
        *(f"{100 * share:.2f} %" for share in shares),
        ", ".join(design.blocks),
    ]
