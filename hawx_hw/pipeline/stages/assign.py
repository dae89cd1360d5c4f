"""Integer graph and blocks -> the graph that suits them, and what they cost in accuracy.

It is compensated for the blocks; that of a design that was retrained is taken as it is. Writes
``assigned.npz`` and ``assigned.json`` (the graph) and ``assign.json``.
"""

from __future__ import annotations

from hawx_hw.pipeline.data import GRAPH, assignment_images, dataset_files
from hawx_hw.pipeline.inputs import ASSIGNED, load_design, load_retrained
from hawx_hw.pipeline.own_blocks import own_blocks
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.fingerprints import versions

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.compensation.result import AssignResult
    from hawx_hw.graph.storage import load_graph, save_graph

    graph, design = load_graph(context.folder / GRAPH), load_design(context)
    result = AssignResult(exact=True, accuracy=None, compensation=())
    if design.assignment:
        with context.progress.task("loading torch", estimate=5.0):
            from hawx_hw.compensation.assigned import compensate_assignment
        images = assignment_images(context, graph)
        graph, result = compensate_assignment(
            graph,
            design.assignment,
            context.config.compensation,
            images,
            context.progress,
            load_retrained(context, design.origin),
        )
    save_graph(graph, context.output / ASSIGNED)
    context.write(result)


STAGE = Stage(
    "assign",
    _run,
    needs=("quantize", "retrain", "pick"),
    settings=(
        "compensation",
        "network.calibration_images",
        "network.validation",
        "search.images",
        "training",
    ),
    files=dataset_files,
    tools=lambda config, base: {
        **versions("numpy", "pillow", "scikit-learn", "scipy", "torch"),
        **own_blocks(config, base),
    },
    estimate=10.0,
)
