"""Checks that blocks accept the codes that occur."""

from __future__ import annotations

from hawx_hw.blocks.assignment import Assignment
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import (
    CODE_MAX,
    CODE_MIN,
    Conv2d,
    Graph,
    Linear,
    Lookup,
    Requantization,
)

__all__ = ["check_codes", "code_ranges"]


def check_codes(graph: Graph, assignment: Assignment, *, weights: bool = True) -> None:
    """Refuse blocks that do not accept the codes that may occur at their operands.

    Parameters
    ----------
    graph : Graph
    assignment : Assignment
    weights : bool
        Check the weights too, not only the activations.

    Raises
    ------
    UserError
        A block does not accept the codes of its layer.
    """
    ranges = code_ranges(graph)
    for node in graph.nodes:
        layer = assignment.get(node.name)
        if layer is None or not isinstance(node, (Conv2d, Linear)):
            continue
        low, high = ranges[node.inputs[0]]
        if isinstance(node, Conv2d) and any(node.padding):
            zero_point = graph.tensors[node.inputs[0]].zero_point
            low, high = min(low, zero_point), max(high, zero_point)
        for index, block in enumerate(layer.blocks):
            _within(node.name, block.name, "activation", block.activations, low, high)
            if weights:
                used = node.weight[layer.choice == index]
                _within(
                    node.name, block.name, "weight", block.weights, int(used.min()), int(used.max())
                )


def code_ranges(graph: Graph) -> dict[str, tuple[int, int]]:
    """The least and the greatest code that each tensor may have, by name."""
    ranges = {graph.input: (CODE_MIN, CODE_MAX)}
    for node in graph.nodes:
        rule: Requantization | None = getattr(node, "requantization", None)
        if isinstance(node, Lookup):
            ranges[node.name] = int(node.table.min()), int(node.table.max())
        elif rule is None:
            lows, highs = zip(*(ranges[name] for name in node.inputs), strict=True)
            ranges[node.name] = min(lows), max(highs)
        else:
            ranges[node.name] = rule.low & -rule.step, rule.high & -rule.step
    return ranges


def _within(layer: str, block: str, what: str, accepted: range, low: int, high: int) -> None:
    if low in accepted and high in accepted:
        return
    raise UserError(
        f"{block} accepts {what} codes from {accepted[0]} to {accepted[-1]}, but {low} to {high} "
        f"may occur in {layer}",
        where=f"blocks.layers.{layer}",
        hint="Choose another block for this layer."
        if what == "activation"
        else "Choose another block for these weights, or leave compensation.weights on.",
    )
