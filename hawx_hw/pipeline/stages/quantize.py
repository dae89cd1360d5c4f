"""Trained network and data -> integer graph, and what the integers cost in accuracy.

Writes ``quantized.npz`` and ``quantized.json`` (the graph) and ``quantize.json``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.importing.sources import distributions
from hawx_hw.pipeline.data import (
    GRAPH,
    check_images,
    dataset_files,
    load_dataset,
    roles_of,
)
from hawx_hw.pipeline.network import check_network, load_network, network_files
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.util.files import FileSet

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    dataset = load_dataset(context)
    parts = roles_of(dataset, context.config, context.base)
    for remark in filter(None, (dataset.note, *dataset.doubts)):
        context.progress.message(f"{context.config.network.dataset}: {remark}")
    with context.progress.task("loading torch", estimate=5.0):
        from hawx_hw.datasets.sanity import constant_accuracy, repeated, select_doubts
        from hawx_hw.graph.fast import accuracy as integer_accuracy
        from hawx_hw.graph.storage import save_graph
        from hawx_hw.importing.accuracy import accuracy as float_accuracy
        from hawx_hw.importing.sources import title
        from hawx_hw.networks.files import held_out
        from hawx_hw.quantize.calibration import quantize_layers
        from hawx_hw.quantize.result import (
            DatasetSummary,
            NetworkAccuracy,
            QuantizeResult,
            RolesSummary,
        )

    settings, doubts = context.config.network, select_doubts(parts)
    for doubt in doubts:
        context.progress.message(f"{settings.validation or settings.dataset}: {doubt}")
    checkpoint = context.path(settings.checkpoint) if settings.checkpoint else None
    images = parts.proposing(settings.calibration_images).images
    network = load_network(context.config, context.base, dataset, images)
    for note in network.notes:
        context.progress.message(f"{settings.model}: {note}")
    with (
        blame("network.model"),
        context.progress.task("calibrating the integer network", estimate=5.0),
    ):
        name = f"{title(settings.model)}_{Path(dataset.name).stem}"
        graph = quantize_layers(network.layers, images, name=name)
    save_graph(graph, context.output / GRAPH)

    test = dataset.test
    with context.progress.task("accuracy of the float network") as task:
        in_float = float_accuracy(network, test.images, test.labels, progress=task.update)
    constant = constant_accuracy(test)
    if in_float <= constant < 1:
        context.progress.message(
            f"The float network is right on {100 * in_float:.1f} % of the test images, no more "
            f"than one answer for all of them ({100 * constant:.1f} %). Was it trained on these "
            "data, scaled alike?"
        )
    with context.progress.task("accuracy of the integer network") as task:
        in_integers = integer_accuracy(graph, test.images, test.labels, progress=task.update)
    context.write(
        QuantizeResult(
            model=settings.model,
            dataset=DatasetSummary.of(dataset),
            roles=RolesSummary(
                learn=len(parts.learn),
                select=len(parts.select),
                test=len(parts.test),
                unseen=repeated(parts.select, parts.learn) == 0
                if settings.validation is not None or dataset.validation is not None
                else held_out(settings.model, dataset.name, checkpoint, parts.select.digest),
                note=" ".join(doubts),
            ),
            calibration_images=len(images),
            accuracy=NetworkAccuracy(float=in_float, int8=in_integers, images=len(test)),
            parameters=network.parameters,
            notes=network.notes,
        )
    )


def _files(config: Config, base: Path) -> dict[str, Path | FileSet]:
    return {**dataset_files(config, base), **network_files(config, base)}


def _check(config: Config, base: Path) -> None:
    check_network(config, base)
    check_images(config, base, "network.calibration_images")


STAGE = Stage(
    "quantize",
    _run,
    settings=("network",),
    files=_files,
    check=_check,
    tools=lambda config, base: versions(
        *("numpy", "pillow", "safetensors", "scikit-learn", "torch"),
        *distributions(config.network.model),
    ),
    estimate=15.0,
)
