"""``hawx blocks characterize``: the costs of blocks in technologies, and their savings."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.blocks import Block
    from hawx_hw.characterization.fpga import FpgaComparison
    from hawx_hw.characterization.operands import Operands
    from hawx_hw.characterization.savings import Comparison, Objective
    from hawx_hw.technology import FpgaFamily, Technology
    from hawx_hw.util.progress import ProgressDisplay

__all__ = ["characterize"]

_OBJECTIVES = ("area", "delay", "energy")
#: Test images that give the operands of a layer where no number is given.
_IMAGES = 4


def characterize(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Left out: a selection of all families."),
    ] = None,
    technology: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="Name, liberty file, ecp5 or ice40; repeatable."),
    ] = None,
    operands: Annotated[
        str,
        typer.Option(metavar="O", help="uniform, or 'LAYER of CONFIG': those of that layer."),
    ] = "uniform",
    images: Annotated[
        int | None,
        typer.Option(min=1, help="Test images, for operands of a layer; left out: at most 4."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every block of the library.")] = False,
    objective: Annotated[
        str, typer.Option(help="area, delay or energy: selects the implementation.")
    ] = "area",
    clock: Annotated[
        float | None, typer.Option(metavar="MHZ", help="Left out: the technology's.")
    ] = None,
    glitches: Annotated[
        bool,
        typer.Option("--glitches/--no-glitches", help="Include pulses between settled states."),
    ] = True,
    jobs: Annotated[int, typer.Option(min=1, max=1024, help="Number of parallel processes.")] = 1,
    runs: Annotated[
        bool, typer.Option("--runs", help="Also print the key of each run in the store.")
    ] = False,
    build: Annotated[
        Path, typer.Option("--build", metavar="FOLDER", help="Build folder of the config.")
    ] = Path("build"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and no progress.")] = False,
) -> None:
    """Area, delay, power and energy of blocks, and their savings.

    Savings are relative to the best exact multiplier of the technology, and to plain lower
    precision with no larger error.
    """
    from hawx_hw.characterization.selection import compared_with, distinct, every_block, selection
    from hawx_hw.technology import FpgaFamily, load_any
    from hawx_hw.util.progress import ProgressDisplay, console_for

    if objective not in _OBJECTIVES:
        raise UserError(
            f"There is no objective {objective!r}.",
            where="--objective",
            hint=f"It must be one of {', '.join(_OBJECTIVES)}.",
        )
    if names and every:
        raise UserError("Name blocks or use --all, not both.", where="--all")
    if clock is not None and not 0 < clock < math.inf:
        raise UserError(f"The clock must be above 0 MHz, not {clock:g}.", where="--clock")
    blocks = _named(names) if names else every_block() if every else selection()
    technologies = [load_any(name, base=Path.cwd()) for name in technology or ["generic45"]]
    content: list[dict[str, Any]] = []
    with ProgressDisplay(console_for(silent=as_json)) as progress:
        stream = _operands(operands, images, build, as_json)
        measured = distinct([*blocks, *compared_with()])
        for target in technologies:
            if isinstance(target, FpgaFamily):
                content.append(_fpga(blocks, target, jobs, progress))
            else:
                content.append(
                    _cells(blocks, measured, target, stream, cast("Objective", objective),
                           clock or target.clock_mhz, glitches, jobs, progress)
                )  # fmt: skip
    if as_json:
        for entry in content:
            entry["blocks"] = [row.as_dict() for row in entry["blocks"]]
        typer.echo(json.dumps(content, indent=2))
        return
    for entry in content:
        _print(entry, runs)


def _named(names: Sequence[str]) -> list[Block]:
    from hawx_hw.blocks import by_name

    return list(dict.fromkeys(by_name(name) for name in names))


def _cells(
    blocks: Sequence[Block],
    measured: Sequence[Block],
    technology: Technology,
    operands: Operands,
    objective: Objective,
    clock: float,
    glitches: bool,
    jobs: int,
    progress: ProgressDisplay,
) -> dict[str, Any]:
    from hawx_hw.characterization.measure import measure, synthesize_blocks
    from hawx_hw.characterization.savings import compare
    from hawx_hw.synthesis import default_store

    store = default_store()
    with progress.task(f"synthesizing for {technology.name}", estimate=2.0 * len(measured)) as task:
        mapped = synthesize_blocks(
            measured, technology, jobs=jobs, store=store, progress=task.update
        )
    with progress.task("simulating", estimate=1.0 * len(measured)) as task:
        by_name = measure(
            measured, mapped, technology, operands, glitches=glitches, store=store,
            progress=task.update,
        )  # fmt: skip
    return {
        "technology": technology.name,
        "library": technology.digest,
        "supply": technology.supply,
        "clock_mhz": clock,
        "operands": operands.name,
        "glitches": glitches,
        "objective": objective,
        "blocks": compare(blocks, by_name, clock, objective),
    }


def _fpga(
    blocks: Sequence[Block], family: FpgaFamily, jobs: int, progress: ProgressDisplay
) -> dict[str, Any]:
    from hawx_hw.blocks import by_name
    from hawx_hw.characterization.fpga import characterize_fpga
    from hawx_hw.characterization.selection import distinct
    from hawx_hw.synthesis import default_store

    compared = distinct([by_name("exact"), *blocks])
    with progress.task(f"synthesizing for {family.name}", estimate=5.0 * len(compared)) as task:
        results = characterize_fpga(
            compared, family, jobs=jobs, store=default_store(), progress=task.update
        )
    return {"technology": family.name, "family": family.family, "blocks": results}


def _operands(text: str, images: int | None, build: Path, silent: bool) -> Operands:
    from hawx_hw.characterization.operands import uniform

    if text == "uniform":
        return uniform()
    layer, of, name = text.partition(" of ")
    if not of:
        raise UserError(
            f"There are no operands {text!r}.",
            where="--operands",
            hint="Write uniform, or a layer and a config, such as 'conv2 of lenet5.yaml'.",
        )
    return _layer_operands(layer.strip(), name.strip(), images, build, silent)


def _layer_operands(
    layer: str, name: str, images: int | None, build: Path, silent: bool
) -> Operands:
    from hawx_hw.characterization.operands import operand_stream
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.datasets.dataset import evenly_spaced
    from hawx_hw.design.design import Design
    from hawx_hw.emulation import Emulator
    from hawx_hw.graph.storage import load_graph
    from hawx_hw.pipeline.data import check_option, dataset_of
    from hawx_hw.pipeline.inputs import ASSIGNED, DESIGN
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.util.progress import console_for

    path = find_config(name)
    config = load_config(path)
    try:
        if images is not None:
            check_option(images, config, path.parent, "test", "--images")
        pipeline = pipeline_of(
            config, build / config.name, console_for(silent=silent), base=path.parent
        )
        pipeline.run(pipeline.needed("assign"))
        graph = load_graph(build / config.name / ASSIGNED)
        design = Design.load(build / config.name / DESIGN, path.parent)
        mapped = design.plan(graph, path.parent)
    except UserError as error:
        raise located(error, path) from error
    if layer not in mapped.operand_layers:
        raise UserError(
            f"Config {name!r} has no layer {layer!r} that multiplies.",
            where="--operands",
            hint=f"It has {', '.join(mapped.operand_layers)}.",
        )
    test = dataset_of(config, path.parent).test
    chosen = graph.codes(evenly_spaced(test, images or _IMAGES).images)
    return operand_stream(mapped, layer, Emulator(graph).run_all(chosen, design.assignment))


def _print(entry: dict[str, Any], runs: bool) -> None:
    from hawx_hw.util.tables import print_table

    results = entry["blocks"]
    if "family" in entry:
        heading: tuple[str, ...] = _FPGA_HEADING
        lines = [_fpga_line(row) for row in results]
        title = f"{entry['technology']}, before place and route"
    else:
        heading, lines = _HEADING, [_line(row) for row in results]
        title = (
            f"{entry['technology']}, {entry['supply']:g} V, {entry['clock_mhz']:g} MHz, operands: "
            f"{entry['operands']}, {'with' if entry['glitches'] else 'without'} glitches, "
            f"implementations by {entry['objective']}"
        )
    print_table(heading, lines, title=title, numbers=True)
    if runs:
        keys = [(row.block, name, key) for row in results for name, key in _keys(row).items()]
        print_table(("block", "run", "key in the store"), keys)


_HEADING = (
    "block", "built as", "deviation", "area", "ns", "uW", "fJ/MAC", "area saved %",
    "energy saved %", "plain precision", "area saved %", "energy saved %",
)  # fmt: skip
_FPGA_HEADING = (
    "block", "built as", "deviation", "LUTs", "carries", "DSPs", "LUTs saved %",
)  # fmt: skip


def _line(row: Comparison) -> tuple[str, ...]:
    chosen = row.chosen
    return (
        row.block,
        chosen.implementation,
        f"{row.errors.deviation:.1f}",
        f"{chosen.area:.1f}",
        f"{chosen.delay_ns:.2f}",
        f"{row.power_uw:.1f}",
        f"{row.energy_fj:.0f}",
        f"{100 * row.area_saving:.1f}",
        f"{100 * row.energy_saving:.1f}",
        row.precision,
        f"{100 * row.area_over_precision:.1f}",
        f"{100 * row.energy_over_precision:.1f}",
    )


def _fpga_line(row: FpgaComparison) -> tuple[str, ...]:
    return (
        row.block,
        "DSP" if row.multipliers else row.implementation,
        f"{row.errors.deviation:.1f}",
        str(row.metrics.luts),
        str(row.metrics.carries),
        str(row.metrics.dsps),
        f"{100 * row.saving:.1f}",
    )


def _keys(row: Comparison | FpgaComparison) -> dict[str, str]:
    keys: dict[str, str] = row.as_dict()["runs"]
    return keys
