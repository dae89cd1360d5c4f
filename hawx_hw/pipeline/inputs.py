"""The design and its plan, as stages read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.design.design import Design
    from hawx_hw.pipeline.stage import Context

__all__ = ["ASSIGNED", "DESIGN", "load_accelerators", "load_design", "load_plan", "plan_of"]

DESIGN = "design.json"
#: Name of the files of the compensated graph, without suffix.
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


def load_design(context: Context) -> Design:
    """The design that is built."""
    from hawx_hw.design.design import Design

    return Design.load(context.folder / DESIGN, context.base)


def load_plan(context: Context) -> Plan:
    """The compensated network on the design's accelerator.

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
