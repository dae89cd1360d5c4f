"""Designs that may be built -> their networks, trained again under their blocks.

Without a search that is the design of the config's blocks; with one its finalists, see
:mod:`hawx_hw.search.retrained`. Writes ``retrain.json`` and, for each design, a graph in
``retrained/``; where the config has no ``training``, ``retrain.json`` alone, which holds that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.pipeline.data import GRAPH, dataset_files, training_images
from hawx_hw.pipeline.inputs import given_assignment
from hawx_hw.pipeline.own_blocks import own_blocks
from hawx_hw.pipeline.retraining import check, state_file
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.blocks.assignment import Assignment

__all__ = ["STAGE", "designs"]

#: The folder of the graphs.
_FOLDER = "retrained"


def _run(context: Context) -> None:
    from hawx_hw.retraining.result import RetrainResult

    every = designs(context)
    if not every:
        # Without the hash of settings: no setting matters to what was not trained.
        RetrainResult().write(context.output)
        return
    with context.progress.task("loading torch", estimate=5.0):
        from hawx_hw.graph.storage import load_graph, save_graph
        from hawx_hw.networks.training import available_device
        from hawx_hw.retraining.designs import DesignTraining, retraining_of

    config = context.config
    assert config.training is not None
    images = training_images(context)
    training = DesignTraining(
        load_graph(context.folder / GRAPH),
        config.compensation,
        retraining_of(config.training, config.network.model, images.learn),
        images,
        device=available_device(),
        progress=context.progress,
    )
    (context.output / _FOLDER).mkdir()
    results = []
    for place, (index, number, assignment) in enumerate(every):
        what = "the network" if index is None else f"design {index}"
        what += f" ({place + 1} of {len(every)})" if len(every) > 1 else ""
        start, files = training.start(assignment), f"{_FOLDER}/{place}"
        trained = training(start, assignment, state_file(context.scratch, assignment), what)
        save_graph(trained, context.output / files)
        results.append(
            training.record(assignment, start, trained, files, index=index, number=number)
        )
    context.write(RetrainResult(settings=training.settings, designs=tuple(results)))


def designs(context: Context) -> list[tuple[int | None, int | None, Assignment]]:
    """Assignments to train, each with the number of its design and the one it gets."""
    training, search = context.config.training, context.config.search
    if training is None:
        return []
    if search is None:
        assignment = given_assignment(context)
        return [(None, None, assignment)] if assignment else []
    from hawx_hw.assignment import from_json
    from hawx_hw.search.result import load_result
    from hawx_hw.search.retrained import requested_finalists

    result = load_result(context.folder)
    with blame("search"):
        indices = requested_finalists(result, search, training.finalists)
    return [
        (
            index,
            len(result.designs) + place,
            from_json(dict(result.designs[index].assignment), context.base),
        )
        for place, index in enumerate(indices)
    ]


_CONSTRAINTS = ("accuracy_drop", "energy_nj", "power_mw", "area_um2", "latency_us")

STAGE = Stage(
    "retrain",
    _run,
    needs=("quantize", "search"),
    settings=(
        "blocks",
        "compensation",
        "network.calibration_images",
        "network.model",
        "network.validation",
        "search.images",
        "search.index",
        "search.select_images",
        *(f"search.constraints.{key}" for key in _CONSTRAINTS),
        "training",
    ),
    section="training",
    files=lambda config, base: dataset_files(config, base) if config.training else {},
    tools=lambda config, base: {
        **versions("numpy", "pillow", "safetensors", "scikit-learn", "scipy", "torch"),
        **own_blocks(config, base),
    },
    check=check,
    estimate=600.0,
    sealed=True,
)
