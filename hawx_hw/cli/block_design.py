"""``hawx blocks design``: a block for one layer of a network."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from hawx_hw.block_design import Design, Row
    from hawx_hw.blocks.families.mask import Mask
    from hawx_hw.config.models import Config
    from hawx_hw.graph.graph import Conv2d, Graph, Linear

__all__ = ["design"]

#: Images that errors are measured on, at the most.
_REPORT = 512
#: Images that the importance of filters is measured on, at the most.
_FISHER = 64
#: Images that a mask is designed by where no number is given.
_IMAGES = 256


def design(
    config: ConfigArgument,
    layer: Annotated[str, typer.Option(metavar="L", help="A convolution or a linear layer.")],
    energy: Annotated[
        float, typer.Option(metavar="E", help="The most that one multiplication may take, in fJ.")
    ],
    images: Annotated[
        int | None,
        typer.Option(min=1, help="Training images to design by; left out: at most 256."),
    ] = None,
    fisher: Annotated[
        bool,
        typer.Option("--fisher", help="Count each filter by what its errors do to the classes."),
    ] = False,
    effort: Annotated[
        int, typer.Option(min=1, max=100, help="How many times as many masks are tried.")
    ] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=1024, help="Number of parallel syntheses.")] = 1,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Design a mask of partial products for a layer, and compare it with lower precision.

    The mask with the least error of the layer's own sums, with weights chosen together for it, of
    those that take at most so much energy: synthesized, and simulated with the layer's operands.
    """
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.pipeline.data import check_option
    from hawx_hw.util.progress import console_for

    if not 0 < energy < math.inf:
        raise UserError(f"The energy must be above 0 fJ, not {energy:g}.", where="--energy")
    path = find_config(config)
    loaded, console = load_config(path), console_for(silent=as_json)
    try:
        if images is not None:
            check_option(images, loaded, path.parent, "training", "--images")
        result, count = _designed(
            loaded,
            path.parent,
            build / loaded.name,
            layer,
            energy,
            images,
            fisher,
            effort,
            jobs,
            console,
        )
    except UserError as error:
        raise located(error, path) from error
    if as_json:
        content = {"layer": layer, "images": count, "fisher": fisher, **result.as_dict()}
        typer.echo(json.dumps(content, indent=2))
    else:
        _print(result, layer, count)


def _designed(
    config: Config,
    base: Path,
    folder: Path,
    layer: str,
    energy: float,
    images: int | None,
    fisher: bool,
    effort: int,
    jobs: int,
    console: Console,
) -> tuple[Design, int]:
    """The design, and the number of images that errors were measured on."""
    from hawx_hw.pipeline.data import GRAPH, dataset_of, roles_of
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.pipeline.technology import load_technology
    from hawx_hw.util.progress import ProgressDisplay

    technology = load_technology(config, base)
    pipeline = pipeline_of(config, folder, console, base=base)
    pipeline.run(pipeline.needed("accelerator"))
    with ProgressDisplay(console) as progress:
        with progress.task("loading torch", estimate=5.0):
            from hawx_hw.block_design import (
                BlockDesigner,
                HeldOut,
                Layer,
                LayerEnergies,
                filter_importance,
            )
            from hawx_hw.block_design.energy import IMAGES
            from hawx_hw.block_design.held_out import PARTS
            from hawx_hw.block_design.layer import POSITIONS
            from hawx_hw.datasets.dataset import evenly_spaced
            from hawx_hw.graph.storage import load_graph
            from hawx_hw.prediction.choice_result import AcceleratorResult
            from hawx_hw.synthesis import default_store
        graph = load_graph(folder / GRAPH)
        node = _node(graph, layer)
        parts = roles_of(dataset_of(config, base), config, base)
        count = images or _IMAGES
        used = config.network.calibration_images, count, IMAGES
        fresh = parts.fresh(*used)
        held_out = evenly_spaced(fresh, _REPORT)
        if len(held_out) < PARTS:
            raise UserError(
                f"Only {len(held_out)} training images remain to measure errors on, fewer than "
                f"{PARTS}.",
                where="--images",
                hint="Design by fewer images.",
            )
        with progress.task("the layer's sums", estimate=10.0):
            chosen, importance = graph.codes(parts.proposing(count).images), None
            if fisher:
                importance = filter_importance(graph, layer, chosen[:_FISHER])
            own = Layer(graph, node, chosen, importance=importance)
            errors = HeldOut(
                graph, node, graph.codes(held_out.images), POSITIONS, importance=importance
            )
            energies = LayerEnergies(
                graph,
                node,
                type(config.accelerator).model_validate(
                    AcceleratorResult.read(folder).accelerator.accelerator
                ),
                graph.codes(parts.proposing(IMAGES).images),
                technology,
                jobs=jobs,
                store=default_store(),
            )
        with progress.task("designing", estimate=120.0 * effort):
            return BlockDesigner(own, energies, errors, effort).design(energy), len(held_out)


def _node(graph: Graph, layer: str) -> Conv2d | Linear:
    from hawx_hw.block_design.layer import TAPS
    from hawx_hw.graph.graph import Conv2d, Linear

    nodes = {node.name: node for node in graph.nodes if isinstance(node, Conv2d | Linear)}
    if layer not in nodes:
        raise UserError(
            f"There is no layer {layer!r} that multiplies.",
            where="--layer",
            hint=f"It must be one of {', '.join(nodes)}.",
        )
    taps = nodes[layer].weight[0].size
    if taps > TAPS:
        raise UserError(
            f"A filter of {layer} has {taps:,} taps; a block can be designed for {TAPS} at most.",
            where="--layer",
            hint="Name another layer.",
        )
    return nodes[layer]


def _print(result: Design, layer: str, images: int) -> None:
    from hawx_hw.util.tables import print_table

    typer.echo(f"{result.designed.mask.name}\n\n{_drawn(result.designed.mask)}\n")
    blocks = [result.designed, result.precision, result.array]
    if result.mixture is not None:
        blocks += [row for row in result.mixture if row not in blocks]
    print_table(
        ("block", "bits", "one by one", "together", "95 %", "fJ", "area"),
        [_line(row) for row in blocks],
        title=f"{layer}: variance of the sums' errors in 1e-4 of theirs, on {images} images that "
        "designed nothing",
        numbers=True,
    )
    typer.echo(f"\nmask / {result.precision.block.name}: {result.ratio}")
    if result.mixture is not None:
        names = " and ".join(row.block.name for row in result.mixture)
        typer.echo(f"mask / a mixture of {names} with its energy: {result.at_equal_energy}")
    if result.energy_saved is not None:
        typer.echo(f"energy saved at equal error: {100 * result.energy_saved:.1f} %")
    typer.echo(result.verdict)
    typer.echo(f'blocks: {{layers: {{{layer}: "{result.designed.block.name}"}}}}')


def _drawn(mask: Mask) -> str:
    """The selected partial products: the highest bits first, of the weight from above."""
    lines = ["activation bit  7 6 5 4 3 2 1 0"]
    for i in range(7, -1, -1):
        cells = " ".join("#" if mask.selected[i, j] else "." for j in range(7, -1, -1))
        lines.append(f"weight bit {i}    {cells}")
    return "\n".join(lines)


def _line(row: Row) -> tuple[str, ...]:
    content = row.as_dict()
    low, high = (1e4 * content["error"][side] for side in ("low", "high"))
    return (
        row.block.name,
        str(row.mask.count),
        f"{1e4 * row.alone.value:.3g}",
        f"{1e4 * row.error.value:.3g}",
        f"{low:.3g} to {high:.3g}",
        f"{row.energy.energy_fj:.1f}",
        f"{row.energy.area:.1f}",
    )
