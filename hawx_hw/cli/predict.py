"""``hawx train-predictors`` and ``hawx predictors evaluate``: predictors of a technology."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from hawx_hw.cli.options import ArchitectureOption, JsonOption
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text
from hawx_hw.util.paths import check_output

if TYPE_CHECKING:
    pass

__all__ = ["predictors_app", "train_predictors"]

_TechnologyOption = Annotated[
    str, typer.Option(metavar="T", help="Name, or path of a liberty file or a YAML.")
]

#: Endings of plots; without one it is an SVG.
_DRAWN = (".svg", ".png", ".pdf")

predictors_app = typer.Typer(
    help="Predictors of area, power and longest path.", no_args_is_help=True
)


def train_predictors(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE.csv", help="From hawx characterize-designs.")
    ],
    technology: _TechnologyOption = "generic45",
    architecture: ArchitectureOption = None,
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder of the predictors.")
    ] = Path("predictors"),
    jobs: Annotated[int, typer.Option(min=1, max=1024, help="Number of parallel processes.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Train predictors on a table of designs.

    The folder gets the training table, the predictors' coefficients and the metrics of the blocks.
    With HAWX_PREDICTORS set to it, hawx predict takes them from there.
    """
    from hawx_hw.architectures.registry import architecture_named
    from hawx_hw.blocks import by_name
    from hawx_hw.config.search import SEARCHED
    from hawx_hw.prediction.predictors import Predictors
    from hawx_hw.prediction.storage import PredictorSet, save_predictors
    from hawx_hw.prediction.training import describe_sweep
    from hawx_hw.synthesis.store import default_store
    from hawx_hw.technology import load
    from hawx_hw.util.progress import ProgressDisplay, console_for

    check_output(output / "predictors", "--output")
    target = load(technology, base=Path.cwd())
    kind = architecture_named(architecture, "--architecture")
    try:
        text = read_text(table)
    except OSError as error:
        raise UserError(f"The table cannot be read: {error.strerror}.", where=str(table)) from error
    except ValueError as error:
        raise UserError(f"The table is no text: {error}.", where=str(table)) from error
    with ProgressDisplay(console_for(silent=as_json)) as progress:
        with progress.task("describing designs", estimate=300.0) as task:
            designs, blocks = describe_sweep(
                text, kind, target, where=str(table), jobs=jobs, store=default_store(),
                progress=task.update,
            )  # fmt: skip
        with progress.task("measuring the blocks that searches choose from", estimate=60.0):
            searched = [by_name(name) for name in SEARCHED]
            blocks = blocks.completed(searched, target, jobs=jobs, store=default_store())
        with progress.task("training", estimate=20.0):
            predictors = Predictors.fit(designs, target.name, target.digest)
    save_predictors(PredictorSet(predictors, blocks), designs, output)
    if as_json:
        typer.echo(json.dumps({"designs": len(designs), "output": str(output)}))
    else:
        typer.echo(f"{target.name}: trained on {len(designs)} designs, in {output}")


@predictors_app.command()
def evaluate(
    technology: Annotated[str, typer.Option(metavar="T", help="Name.")] = "generic45",
    architecture: ArchitectureOption = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="From hawx train-predictors; left out: those in use."),
    ] = None,
    hold_out: Annotated[
        str,
        typer.Option(
            help="designs: a tenth at a time; blocks: for each block all designs that hold it."
        ),
    ] = "designs",
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="A plot of predicted over measured."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train without some designs, predict these, and print how good the predictions are."""
    from dataclasses import asdict

    from hawx_hw.architectures.registry import architecture_named
    from hawx_hw.prediction.evaluation import evaluate, scores
    from hawx_hw.prediction.storage import load_table
    from hawx_hw.util.progress import ProgressDisplay, console_for
    from hawx_hw.util.tables import print_table

    if plot is not None:
        check_output(plot, "--plot", suffixes=_DRAWN if plot.suffix else ())
        _check_plots()
    if hold_out not in ("designs", "blocks"):
        raise UserError("What is held out must be designs or blocks.", where="--hold-out")
    table = load_table(architecture_named(architecture, "--architecture"), technology, folder)
    with (
        ProgressDisplay(console_for(silent=as_json)) as progress,
        progress.task("holding designs out", estimate=120.0) as task,
    ):
        kinds = cast('Literal["designs", "blocks"]', hold_out)
        held_out = evaluate(table, kinds, progress=task.update)
    if plot is not None:
        from hawx_hw.prediction.plots import parity

        parity(held_out, plot)
    results = {name: scores(one) for name, one in held_out.items()}
    if as_json:
        typer.echo(json.dumps({name: asdict(one) for name, one in results.items()}, indent=2))
        return
    print_table(
        ("", "predictions", "sMAPE %", "worst %", "R2", "tau", "in 90 % interval", "width %"),
        [
            (
                name, str(s.designs), f"{s.smape:.2f}", f"{s.worst:.1f}", f"{s.r2:.4f}",
                f"{s.tau:.3f}", f"{s.coverage:.0f} %", f"{s.width:.1f}",
            )
            for name, s in results.items()
        ],
        title=f"{technology}, {len(table)} designs, {hold_out} held out",
        numbers=True,
    )  # fmt: skip


def _check_plots() -> None:
    from importlib import util

    if util.find_spec("matplotlib") is None:
        raise UserError(
            "Plots need matplotlib.",
            where="--plot",
            hint="Install it, with: pip install 'hawx_hw[figures]'",
        )
