"""Integer graph and blocks -> the graph that suits them, and what they cost in accuracy.

Writes ``assigned.npz`` and ``assigned.json`` (the graph) and ``assign.json``.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.fingerprints import versions
from hawx_hw.pipeline import Context, Stage
from hawx_hw.stages.quantize import GRAPH, load_dataset

if TYPE_CHECKING:
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.config import Config
    from hawx_hw.quantize.graph import Graph

__all__ = ["ASSIGNED", "STAGE", "load_assigned"]

#: Name of the graph's files, without suffix.
ASSIGNED = "assigned"

# Names whose blocks may change while the name stays.
_USERS = ("import:", "python:")


def load_assigned(context: Context) -> tuple[Graph, Assignment]:
    """The graph that suits its blocks, and the blocks."""
    from hawx_hw.assignment import assign
    from hawx_hw.quantize.storage import load_graph

    graph = load_graph(context.folder / ASSIGNED)
    return graph, assign(graph, context.config.blocks, context.base)


def _run(context: Context) -> None:
    from hawx_hw.assignment import assign
    from hawx_hw.quantize.storage import load_graph, save_graph

    graph = load_graph(context.folder / GRAPH)
    rules = context.config.blocks
    assignment = assign(graph, rules, context.base)
    results: dict[str, Any] = {"exact": not assignment, "accuracy": None}
    if assignment:
        graph = _compensated(context, graph, assignment, results)
    save_graph(graph, context.output / ASSIGNED)
    context.write_json("assign.json", results)


def _compensated(
    context: Context, graph: Graph, assignment: Assignment, results: dict[str, Any]
) -> Graph:
    dataset = load_dataset(context)
    with context.progress.task("loading torch", estimate=5.0):
        from hawx_hw.compensation import compensate
        from hawx_hw.datasets.dataset import evenly_spaced
        from hawx_hw.emulation import Emulator
        from hawx_hw.quantize import codes

    rules, test = context.config.blocks, dataset.test
    count = context.config.network.calibration_images
    with context.progress.task("making up for the blocks", estimate=5.0) as task:
        compensated, report = compensate(
            graph,
            assignment,
            codes(evenly_spaced(dataset.train, count).images),
            bias_correction=rules.bias_correction,
            weight_remapping=rules.weight_remapping,
            activation_rounding=rules.activation_rounding,
            progress=task.update,
        )
    accuracy: dict[str, Any] = {"images": len(test)}
    for name, candidate in (("uncompensated", graph), ("assigned", compensated)):
        with context.progress.task(f"accuracy, {name}") as task:
            (accuracy[name],) = (
                Emulator(candidate)
                .evaluate_many([assignment], test.images, test.labels, progress=task.update)
                .tolist()
            )
    results["accuracy"] = accuracy
    results["compensation"] = [asdict(entry) for entry in report]
    return compensated


def _tools(config: Config, base: Path) -> dict[str, str]:
    """Versions, and the tables of the user's own blocks."""
    from hawx_hw.blocks.registry import by_name

    blocks = config.blocks
    rules = [rule for layer in blocks.layers.values() for rule in layer]
    names = sorted({blocks.default, *(rule.block for rule in rules)})
    own = {name: by_name(name, base).digest for name in names if name.startswith(_USERS)}
    return {**versions("numpy", "torch"), **own}


STAGE = Stage(
    "assign",
    _run,
    needs=("quantize",),
    settings=("blocks", "network.calibration_images"),
    code=(
        "assignment",
        "blocks",
        "compensation",
        "datasets",
        "emulation",
        "quantize",
        "stages/assign.py",
    ),
    tools=_tools,
    estimate=10.0,
)
