"""The design and its plan, as stages read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.config.load import blame

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.design.design import Design
    from hawx_hw.pipeline.stage import Context

__all__ = ["ASSIGNED", "DESIGN", "load_design", "load_plan"]

DESIGN = "design.json"
#: Name of the files of the compensated graph, without suffix.
ASSIGNED = "assigned"


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
    from hawx_hw.graph.storage import load_graph

    graph = load_graph(context.folder / ASSIGNED)
    with blame("network.model"):
        return load_design(context).plan(graph, context.base)
