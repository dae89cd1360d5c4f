"""The design and its plan, as stages read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.design.design import Design
    from hawx_hw.graph.graph import Graph
    from hawx_hw.pipeline.stage import Context

__all__ = [
    "ASSIGNED",
    "DESIGN",
    "given_assignment",
    "load_accelerators",
    "load_design",
    "load_plan",
    "load_retrained",
    "plan_of",
]

DESIGN = "design.json"
#: Name of the files of the graph that is built, without suffix.
ASSIGNED = "assigned"


def load_accelerators(context: Context) -> tuple[AcceleratorConfig, ...]:
    """The complete accelerators: the config's own, then those that a search may choose.

    The latter are the config's own where it gives no others.
    """
    from hawx_hw.prediction.choice_result import AcceleratorResult

    result = AcceleratorResult.read(context.folder)
    kind = type(context.config.accelerator)
    return tuple(
        kind.model_validate(choice.accelerator)
        for choice in (result.accelerator, *(result.variants or (result.accelerator,)))
    )


def given_assignment(context: Context) -> Assignment:
    """The config's own blocks, without a search.

    Raises
    ------
    UserError
        They do not suit the network.
    """
    from hawx_hw.assignment import assign
    from hawx_hw.graph.storage import load_graph
    from hawx_hw.pipeline.data import GRAPH

    return assign(
        load_graph(context.folder / GRAPH),
        context.config.blocks,
        context.base,
        replaced=context.config.compensation.weights != "none",
    )


def load_design(context: Context) -> Design:
    """The design that is built."""
    from hawx_hw.design.design import Design

    return Design.load(context.folder / DESIGN, context.base)


def load_retrained(context: Context, number: int | None) -> Graph | None:
    """The network of a design that was retrained; None where it was not.

    Parameters
    ----------
    context : Context
    number : int or None
        The design's number among those of the search; None without a search.
    """
    from hawx_hw.graph.storage import load_graph
    from hawx_hw.retraining.result import RetrainResult

    for design in RetrainResult.read(context.folder).designs:
        if design.number == number:
            return load_graph(context.folder / design.files)
    return None


def load_plan(context: Context) -> Plan:
    """The network that is built, on the design's accelerator.

    Raises
    ------
    UserError
        The accelerator cannot run the network.
    """
    return plan_of(context.folder, context.base)


def plan_of(folder: Path, base: Path) -> Plan:
    """As :func:`load_plan`, outside of a run.

    Parameters
    ----------
    folder : Path
        The build folder.
    base : Path
        The folder that the config's relative paths start from.
    """
    from hawx_hw.design.design import Design
    from hawx_hw.graph.storage import load_graph

    graph = load_graph(folder / ASSIGNED)
    with blame("network.model"):
        return Design.load(folder / DESIGN, base).plan(graph, base)
