"""``hawx characterize-designs``: a table of designs all over the space, for the predictors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hawx_hw.cli.options import ArchitectureOption
from hawx_hw.errors import UserError

__all__ = ["characterize_designs"]


def characterize_designs(
    designs: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of designs.")],
    technology: Annotated[
        str, typer.Option(metavar="T", help="Name, or path of a liberty file or a YAML.")
    ] = "generic45",
    architecture: ArchitectureOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sequence of designs.")] = 0,
    images: Annotated[int, typer.Option(min=1, help="Test images for the power analysis.")] = 64,
    datasets: Annotated[
        str, typer.Option(help="digits, mnist, or both with a comma between.")
    ] = "digits,mnist",
    output: Annotated[Path, typer.Option(metavar="FILE.csv", help="The file of the table.")] = Path(
        "designs.csv"
    ),
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="Processes here, or jobs of a batch system."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A running Dask scheduler.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="NAME", help="A batch system: slurm, lsf or sge.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Option of the batch system, such as queue=long."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was done as JSON, and no progress.")
    ] = False,
) -> None:
    """Build designs all over the space and measure area, longest path, power and cycles.

    The designs follow a space-filling sequence. Each is emitted as Verilog, synthesized module by
    module and run with real images, through Dask: on this machine, at a scheduler, or in a batch
    system. An interrupted sweep continues, and two concurrent ones share their work.
    """
    import json

    from hawx_hw.architectures.registry import architecture_named
    from hawx_hw.config.load import blame
    from hawx_hw.datasets import sizes
    from hawx_hw.pipeline.data import check_count
    from hawx_hw.sweep.space import Space
    from hawx_hw.util.paths import check_output

    if scheduler and cluster:
        raise UserError("Name a scheduler or a batch system, not both.", where="--cluster")
    if option and not cluster:
        raise UserError("Options are those of a batch system.", where="--option")
    check_output(output, "--output")
    names = [name.strip() for name in datasets.split(",")]
    named = architecture_named(architecture, "--architecture")
    try:
        space = Space(seed, datasets=names, architecture=named)
    except ValueError as error:
        raise UserError(f"{error}.", where="--datasets") from error
    # Only now: the files of a data set that the space has not need not be there.
    for name in names:
        with blame("--datasets"):
            there = sizes(name)[1]
        check_count(images, there, "test", "--images")

    from hawx_hw.sweep.clusters import connected
    from hawx_hw.sweep.sweep import sweep, table
    from hawx_hw.synthesis.store import default_store
    from hawx_hw.util.files import write_text
    from hawx_hw.util.progress import ProgressDisplay, console_for

    with (
        ProgressDisplay(console_for(silent=as_json)) as progress,
        connected(
            workers=workers, scheduler=scheduler, cluster=cluster, options=_options(option)
        ) as client,
        progress.task("characterizing designs", estimate=20.0 * designs) as task,
    ):
        records = sweep(
            client,
            space,
            designs,
            technology,
            images=images,
            store=default_store(),
            shared_store=not (scheduler or cluster),
            progress=task.update,
        )
    write_text(output, table(records))
    if as_json:
        typer.echo(json.dumps({"designs": len(records), "output": str(output)}))
    else:
        typer.echo(f"{len(records)} designs in {output}")


def _options(given: list[str] | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for text in given or ():
        key, separator, value = text.partition("=")
        if not separator or not key.isidentifier():
            raise UserError(
                f"An option must be KEY=VALUE, not {text!r}.", where="--option", hint=None
            )
        options[key] = int(value) if value.isdigit() else value
    return options
