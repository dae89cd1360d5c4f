"""Names of the modules of an accelerator, as they are in a synthesized netlist."""

from __future__ import annotations

from collections.abc import Callable

from hawx_hw.architectures.base import Plan
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.gateware.accelerator import Accelerator
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.graph.graph import Graph
from hawx_hw.util.macros import MACROS
from tests.blocks.user.test_imported import signed_block, unsigned_block
from tests.search.small import BLOCKS, small_graph

__all__ = ["modules"]


def modules(
    map_onto: Callable[[Graph, Assignment], Plan], *, imports: bool = False, mixed: bool = False
) -> list[str]:
    """Modules of the accelerator of a small network.

    Parameters
    ----------
    map_onto : callable
        Gets the network and its blocks, and gives the plan.
    imports, mixed : bool
        Whether some filters have imported blocks, and blocks of other families.
    """
    graph, blocks = small_graph(), [Exact()]
    if mixed:
        blocks += BLOCKS[1:]
    if imports:
        blocks += [signed_block(), unsigned_block()]
    filters = {node.name: node.weight.shape for node in graph.nodes if hasattr(node, "weight")}
    made = map_onto(
        graph,
        {
            name: LayerBlocks.by_filter([blocks[f % len(blocks)] for f in range(size[0])], size)
            for name, size in filters.items()
        },
    )
    signature = made.signature()
    emission = Emission()
    top = Accelerator(signature, lambda: made.core({}), config_hash=0, version="0.1.0")
    emission.define("hawx_accelerator", top)
    sources = [name.removesuffix(".v") for block in made.blocks for name in block.sources]
    return [*verilog_modules(emission), *sources, *MACROS]
