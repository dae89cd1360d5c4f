"""Integer graph and blocks -> the graph that suits them, and what they cost in accuracy.

Writes ``assigned.npz`` and ``assigned.json`` (the graph) and ``assign.json``.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.pipeline.inputs import ASSIGNED, load_design
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.stages.quantize import GRAPH, load_dataset
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.config.models import Config
    from hawx_hw.datasets.dataset import Split
    from hawx_hw.graph.graph import Graph

__all__ = ["STAGE", "own_blocks"]

# Names whose blocks may change while the name stays.
_USERS = ("import:", "python:")


def _run(context: Context) -> None:
    from hawx_hw.graph.storage import load_graph, save_graph

    graph = load_graph(context.folder / GRAPH)
    assignment = load_design(context).assignment
    results: dict[str, Any] = {"exact": not assignment, "accuracy": None, "compensation": []}
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
        from hawx_hw.compensation.per_filter import by_filter
        from hawx_hw.datasets.dataset import evenly_spaced
        from hawx_hw.emulation import Emulator
        from hawx_hw.quantize import codes

    rules, test = context.config.blocks, dataset.test
    count = context.config.network.calibration_images
    met = codes(evenly_spaced(dataset.train, count).images)
    with context.progress.task("making up for the blocks", estimate=5.0) as task:
        assigned, report = compensate(
            graph,
            assignment,
            met,
            bias_correction=rules.bias_correction,
            weight_remapping=rules.weight_remapping,
            activation_rounding=rules.activation_rounding,
            progress=task.update,
        )
    results["compensation"] = [asdict(entry) for entry in report]

    def right(candidate: Graph, split: Split, what: str) -> float:
        with context.progress.task(f"accuracy, {what}") as task:
            (found,) = Emulator(candidate).evaluate_many(
                [assignment], split.images, split.labels, progress=task.update
            )
        return float(found)

    accuracy: dict[str, Any] = {"images": len(test)}
    accuracy["uncompensated"] = right(graph, test, "uncompensated")
    search = context.config.search
    if search is not None:
        # The search lets each filter make up for its own blocks, whatever the layers before do.
        # Layer after layer is better as a rule; training images tell where it is not.
        searched = by_filter(
            graph,
            assignment,
            met,
            bias_correction=rules.bias_correction,
            weight_remapping=rules.weight_remapping,
        )
        seen = evenly_spaced(dataset.train, search.images)
        found = {
            "by_filter": right(searched, seen, "as the search ran it"),
            "by_layer": right(assigned, seen, "layer after layer"),
        }
        accuracy["searched"] = right(searched, test, "as the search ran it")
        results["training"] = {"images": len(seen), **found}
        if found["by_filter"] > found["by_layer"]:
            assigned, results["compensation"] = searched, []
    accuracy["assigned"] = right(assigned, test, "assigned")
    results["accuracy"] = accuracy
    return assigned


def own_blocks(config: Config, base: Path) -> dict[str, str]:
    """Hashes of the tables of the user's own blocks, by name."""
    from hawx_hw.blocks.registry import by_name

    blocks = config.blocks
    rules = [rule for layer in blocks.layers.values() for rule in layer]
    searched = config.search.blocks if config.search else ()
    names = sorted({blocks.default, *(rule.block for rule in rules), *searched})
    return {name: by_name(name, base).digest for name in names if name.startswith(_USERS)}


STAGE = Stage(
    "assign",
    _run,
    needs=("quantize", "pick"),
    settings=(
        "blocks.activation_rounding",
        "blocks.bias_correction",
        "blocks.weight_remapping",
        "network.calibration_images",
        "search.images",
    ),
    tools=lambda config, base: {**versions("numpy", "torch"), **own_blocks(config, base)},
    estimate=10.0,
)
