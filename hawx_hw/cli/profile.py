"""``hawx profile``: which layer and filter tolerates which block."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from hawx_hw.blocks import Block
    from hawx_hw.config.models import Config
    from hawx_hw.datasets.dataset import Split
    from hawx_hw.datasets.roles import Roles
    from hawx_hw.graph.graph import Graph
    from hawx_hw.scores.calibration import Calibration
    from hawx_hw.scores.profile import Profile
    from hawx_hw.scores.profiling import ProfileReport
    from hawx_hw.util.progress import ProgressDisplay

__all__ = ["profile"]

#: What a network is profiled under where neither the command nor its config names blocks.
_BLOCKS = (
    *("array(0,0,4)", "array(1,1,0)", "array(2,2,0)", "array(3,3,0)"),
    *("precision(w=6,a=8)", "precision(w=5,a=8)", "precision(w=4,a=8)", "roup(p=1,r=2)"),
)
#: Random assignments that the evaluated ones are chosen from.
_CANDIDATES = 300
#: Images that each of them is run on, to be chosen by.
_PROBES = 32
#: Training images that are profiled where no number is given.
_IMAGES = 512
#: Folder of the results in the build folder.
_FOLDER = "profile"


def profile(
    config: ConfigArgument,
    block: Annotated[
        list[str] | None,
        typer.Option(
            metavar="B",
            help="A block beside the exact one; may stand repeatedly. Left out: those of the "
            "config, or a mixed bag where it has none.",
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(min=1, help="Training images to profile on; left out: at most 512."),
    ] = None,
    evaluations: Annotated[
        int,
        typer.Option(min=0, help="Assignments to evaluate, so that scores predict accuracies."),
    ] = 12,
    variant: Annotated[str, typer.Option(help="The score that is shown.")] = "fidelity",
    plots: Annotated[bool, typer.Option(help="Draw the plots.")] = True,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Score every filter under every block, and predict accuracies from a few evaluations."""
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.pipeline.data import check_option
    from hawx_hw.scores.scores import VARIANTS
    from hawx_hw.util.progress import console_for

    if variant not in VARIANTS:
        raise UserError(
            f"There is no score {variant!r}.",
            where="--variant",
            hint=f"It must be one of {', '.join(VARIANTS)}.",
        )
    if evaluations == 1 or evaluations > _CANDIDATES:
        raise UserError(
            f"Evaluations must be 0, or 2 to {_CANDIDATES}, not {evaluations}.",
            where="--evaluations",
        )
    path = find_config(config)
    loaded = load_config(path)
    folder, console = build / loaded.name, console_for(silent=as_json)
    try:
        blocks = _blocks(block, loaded, path.parent)
        if images is not None:
            check_option(images, loaded, path.parent, "training", "--images")
        report = _profiled(
            loaded,
            path.parent,
            folder,
            blocks,
            images or _IMAGES,
            evaluations,
            variant,
            plots,
            console,
        )
    except UserError as error:
        raise located(error, path) from error
    if as_json:
        typer.echo(read_text(folder / _FOLDER / "profile.json"), nl=False)
    else:
        _print(report)


def _blocks(names: list[str] | None, config: Config, base: Path) -> list[Block]:
    """The exact block and those that are given, each table once."""
    from hawx_hw.blocks.registry import distinct_blocks

    rules = [rule.block for layer in config.blocks.layers.values() for rule in layer]
    named = [name for name in (config.blocks.default, *rules) if name != "exact"]
    searched = config.search.blocks if config.search else ()
    blocks = distinct_blocks(("exact", *(names or named or searched or _BLOCKS)), base)
    if len(blocks) < 2:
        raise UserError("A profile needs a block beside the exact one.", where="--block")
    return blocks


def _profiled(
    config: Config,
    base: Path,
    folder: Path,
    blocks: list[Block],
    images: int,
    evaluations: int,
    variant: str,
    plots: bool,
    console: Console,
) -> ProfileReport:
    """Quantize the network if need be, profile it, and write everything into the folder."""
    from hawx_hw.pipeline.data import GRAPH, dataset_of, roles_of
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.util.progress import ProgressDisplay

    pipeline = pipeline_of(config, folder, console, base=base)
    pipeline.run(pipeline.needed("quantize"))
    with ProgressDisplay(console) as progress:
        with progress.task("loading torch", estimate=5.0):
            from hawx_hw.graph.storage import load_graph
            from hawx_hw.scores.predictor import expected_changes
            from hawx_hw.scores.profiling import LayerScores, profile_network, save_profiling
        dataset = dataset_of(config, base)
        parts = roles_of(dataset, config, base)
        graph, seen = load_graph(folder / GRAPH), parts.proposing(images)
        with progress.task("scoring every filter under every block", estimate=10.0) as task:
            profiling = profile_network(
                graph,
                blocks,
                seen,
                bias_correction=config.compensation.bias,
                weights=config.compensation.weights,
                progress=task.update,
            )
        calibration = None
        if evaluations:
            calibration, changes = _calibrated(
                config, graph, blocks, parts, seen, profiling.profile, evaluations, progress
            )
            accuracy = calibration.predicted(changes)
        else:
            changes = expected_changes(profiling.profile, profiling.profile.uniforms())
            accuracy = None
        profiling = profiling.reported(
            LayerScores.measured(profiling.profile, variant, changes), accuracy
        )
        save_profiling(profiling, folder / _FOLDER)
        if plots:
            with progress.task("drawing", estimate=5.0):
                _draw(profiling.profile, calibration, variant, folder / _FOLDER)
    return profiling.report


def _calibrated(
    config: Config,
    graph: Graph,
    blocks: list[Block],
    parts: Roles,
    seen: Split,
    profile: Profile,
    evaluations: int,
    progress: ProgressDisplay,
) -> tuple[Calibration, np.ndarray]:
    """Evaluations of random assignments, and expected changes of one block everywhere.

    Some of the profiled images are run under each assignment before, to score it.
    """
    from hawx_hw.assignment.space import Space
    from hawx_hw.compensation.per_filter import Compensated
    from hawx_hw.scores.calibration import calibrate
    from hawx_hw.scores.probe import Probe
    from hawx_hw.scores.sampling import random_choices

    rules, images = config.compensation, graph.codes(seen.images)
    candidates = random_choices(profile, _CANDIDATES)
    with progress.task("probing assignments", estimate=10.0):
        change = None
        if rules.bias or rules.weights != "none":
            change = Compensated(
                graph,
                Space.by_filter(graph, blocks),
                images,
                bias_correction=rules.bias,
                weights=rules.weights,
            )
        count = min(_PROBES, len(seen))
        probe = Probe(graph, profile, blocks, images, count=count, change=change)
        scores = probe.expected_changes(candidates)
        changes = probe.expected_changes(profile.uniforms())
    calibration_images = parts.proposing(config.network.calibration_images)
    with progress.task("evaluating assignments", estimate=2.0 * evaluations) as task:
        calibration = calibrate(
            graph,
            profile,
            blocks,
            candidates,
            evaluations,
            parts.test,
            graph.codes(calibration_images.images),
            scores=scores,
            activation_rounding=rules.activations,
            progress=task.update,
        )
    return calibration, changes


def _draw(profile: Profile, calibration: Calibration | None, variant: str, folder: Path) -> None:
    from hawx_hw.scores import plots

    plots.draw_activations(profile, folder / "activations.svg")
    plots.draw_operations(profile, folder / "operations.svg")
    plots.draw_filters(profile, folder / "filters.svg", variant)
    if calibration is not None:
        plots.draw_accuracy(
            calibration.scores,
            calibration.accuracies,
            calibration.predictor,
            folder / "accuracy.svg",
        )


def _print(report: ProfileReport) -> None:
    from hawx_hw.util.tables import print_table

    scores, accuracy = report.scores, report.accuracy
    assert scores is not None
    heading = ["block", *report.layers, "all layers: classes changed %"]
    if accuracy:
        heading.append("accuracy predicted %")
    lines = []
    for index, name in enumerate(report.blocks):
        line = [name, *(f"{round(scores.layers[layer][index], 12):.2g}" for layer in report.layers)]
        line.append(f"{scores.expected_changes_percent[index]:.2f}")
        if accuracy:
            deviation = 100 * accuracy.standard_deviation[index]
            line.append(f"{100 * accuracy.predicted[index]:.2f} +- {deviation:.2f}")
        lines.append(line)
    title = f"hawx(l), {scores.variant}, {report.network}, {report.images} images"
    print_table(heading, lines, title=title, numbers=True)
