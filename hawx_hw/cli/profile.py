"""``hawx profile``: which layer and filter bears which block."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from hawx_hw.blocks import Block
    from hawx_hw.config.models import Config
    from hawx_hw.scores.calibration import Calibration
    from hawx_hw.scores.profile import Profile

__all__ = ["profile"]

#: What a network is profiled under where neither the command nor its config names blocks.
_BLOCKS = (
    *("array(0,0,4)", "array(1,1,0)", "array(2,2,0)", "array(3,3,0)"),
    *("precision(w=6,a=8)", "precision(w=5,a=8)", "precision(w=4,a=8)", "roup(p=1,r=2)"),
)
#: Assignments that the evaluated ones are chosen from.
_CANDIDATES = 300
#: Images that each of them is run on, to be chosen by.
_PROBES = 32
_FOLDER = "profile"


def profile(
    config: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help="A YAML file by path, or the name of one in configs/."
        ),
    ],
    block: Annotated[
        list[str] | None,
        typer.Option(
            metavar="B",
            help="A block beside the exact one; may stand repeatedly. Left out: those of the "
            "config, or a mixed bag where it has none.",
        ),
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="Training images to profile on.")] = 512,
    evaluations: Annotated[
        int, typer.Option(min=0, help="Assignments to run, so that scores tell accuracies.")
    ] = 12,
    variant: Annotated[str, typer.Option(help="The score that is shown.")] = "fidelity",
    plots: Annotated[bool, typer.Option(help="Draw the figures.")] = True,
    build: Annotated[
        Path,
        typer.Option("--build", metavar="FOLDER", help="Results go to FOLDER/<name>/profile/."),
    ] = Path("build"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and no progress.")] = False,
) -> None:
    """Score every filter under every block, and predict accuracies from a few evaluations."""
    from hawx_hw.config.load import find_config, load_config, located
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
    found = load_config(path)
    try:
        report = _profiled(
            found,
            path.parent,
            build / found.name,
            _blocks(block, found, path.parent),
            images,
            evaluations,
            variant,
            plots,
            console_for(silent=as_json),
        )
    except UserError as error:
        raise located(error, path) from error
    if as_json:
        typer.echo(json.dumps(report, indent=2, sort_keys=True))
    else:
        _print(report)


def _blocks(names: list[str] | None, config: Config, base: Path) -> list[Block]:
    """The exact block and those that are asked for, each table once."""
    from hawx_hw.blocks import by_name

    rules = [rule.block for layer in config.blocks.layers.values() for rule in layer]
    named = [name for name in (config.blocks.default, *rules) if name != "exact"]
    searched = config.search.blocks if config.search else ()
    wanted = names or named or searched or list(_BLOCKS)
    distinct: dict[str, Block] = {}
    for name in ("exact", *wanted):
        block = by_name(name, base)
        distinct.setdefault(block.digest, block)
    if len(distinct) < 2:
        raise UserError("A profile needs a block beside the exact one.", where="--block")
    return list(distinct.values())


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
) -> dict[str, Any]:
    from hawx_hw import datasets
    from hawx_hw.pipeline.data import GRAPH
    from hawx_hw.pipeline.order import STAGES
    from hawx_hw.pipeline.pipeline import Pipeline
    from hawx_hw.util.files import write_json
    from hawx_hw.util.progress import ProgressDisplay

    pipeline = Pipeline(config, folder, STAGES, console, base=base)
    pipeline.run(pipeline.needed("quantize"))
    with ProgressDisplay(console) as progress:
        with progress.task("loading torch", estimate=5.0):
            from hawx_hw.assignment.space import Space
            from hawx_hw.compensation.per_filter import Compensated
            from hawx_hw.datasets.dataset import evenly_spaced
            from hawx_hw.graph.storage import load_graph
            from hawx_hw.quantize import codes
            from hawx_hw.scores.calibration import calibrate
            from hawx_hw.scores.measure import measure
            from hawx_hw.scores.probe import Probe
            from hawx_hw.scores.profile import save_profile
            from hawx_hw.scores.sampling import random_choices
        dataset = datasets.load(config.network.dataset, base=base)
        graph = load_graph(folder / GRAPH)
        split = evenly_spaced(dataset.train, images)
        seen = codes(split.images)
        bias, weights = config.blocks.bias_correction, config.blocks.weight_remapping
        with progress.task("profiling", estimate=10.0) as task:
            found = measure(
                graph,
                blocks,
                seen,
                split.labels,
                bias_correction=bias,
                weight_remapping=weights,
                progress=task.update,
            )
        target = folder / _FOLDER
        save_profile(found, target / "scores.npz")
        calibration = changes = None
        if evaluations:
            candidates = random_choices(found, _CANDIDATES)
            with progress.task("probing assignments", estimate=10.0):
                change = None
                if bias or weights:
                    space = Space.by_filter(graph, blocks)
                    change = Compensated(
                        graph, space, seen, bias_correction=bias, weight_remapping=weights
                    )
                probe = Probe(graph, found, blocks, seen, count=min(_PROBES, images), change=change)
                scores = probe.expected_changes(candidates)
                changes = probe.expected_changes(_uniform(found))
            met = evenly_spaced(dataset.train, config.network.calibration_images)
            with progress.task("evaluating assignments", estimate=2.0 * evaluations) as task:
                calibration = calibrate(
                    graph,
                    found,
                    blocks,
                    candidates,
                    evaluations,
                    dataset.test,
                    codes(met.images),
                    scores=scores,
                    activation_rounding=config.blocks.activation_rounding,
                    progress=task.update,
                )
        if plots:
            with progress.task("drawing", estimate=5.0):
                _draw(found, calibration, variant, target)
    report = _report(found, calibration, changes, variant, len(split))
    write_json(target / "profile.json", report)
    return report


def _draw(profile: Profile, calibration: Calibration | None, variant: str, folder: Path) -> None:
    from hawx_hw.scores import plots as figures

    figures.draw_activations(profile, folder / "activations.svg")
    figures.draw_operations(profile, folder / "operations.svg")
    figures.draw_filters(profile, folder / "filters.svg", variant)
    if calibration is not None:
        figures.draw_accuracy(
            calibration.scores,
            calibration.accuracies,
            calibration.predictor,
            folder / "accuracy.svg",
        )


def _uniform(profile: Profile) -> np.ndarray:
    """One block everywhere, for each block."""
    import numpy as np

    return np.stack([profile.uniform(index) for index in range(len(profile.blocks))])


def _report(
    profile: Profile,
    calibration: Calibration | None,
    changes: np.ndarray | None,
    variant: str,
    images: int,
) -> dict[str, Any]:
    from hawx_hw.scores.predictor import expected_changes
    from hawx_hw.scores.scores import layer_scores

    if changes is None:
        changes = expected_changes(profile, _uniform(profile))
    report: dict[str, Any] = {
        "schema": 1,
        "network": profile.network,
        "images": images,
        "score": variant,
        "blocks": list(profile.blocks),
        "layers": {
            name: row.tolist()
            for name, row in zip(profile.layers, layer_scores(profile, variant), strict=True)
        },
        "expected_changes_percent": changes.tolist(),
        "accuracy": None,
    }
    if calibration is not None:
        predicted, deviation = calibration.predictor.predict(changes)
        report["accuracy"] = {
            "exact": calibration.exact,
            "evaluations": len(calibration.scores),
            "evaluated_scores": calibration.scores.tolist(),
            "evaluated_accuracies": calibration.accuracies.tolist(),
            "predicted": predicted.tolist(),
            "standard_deviation": deviation.tolist(),
        }
    return report


def _print(report: dict[str, Any]) -> None:
    from hawx_hw.util.tables import print_table

    accuracy = report["accuracy"]
    heading = ["block", *report["layers"], "all layers: classes changed %"]
    if accuracy:
        heading.append("accuracy predicted %")
    rows = []
    for index, name in enumerate(report["blocks"]):
        row = [name, *(f"{round(scores[index], 12):.2g}" for scores in report["layers"].values())]
        row.append(f"{report['expected_changes_percent'][index]:.2f}")
        if accuracy:
            predicted, spread = accuracy["predicted"], accuracy["standard_deviation"]
            row.append(f"{100 * predicted[index]:.2f} +- {100 * spread[index]:.2f}")
        rows.append(row)
    title = f"hawx(l), {report['score']}, {report['network']}, {report['images']} images"
    print_table(heading, rows, title=title, numbers=True)
