"""LeNet-5 on MNIST and the spaces of the exhaustive ground truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.blocks import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.datasets import Dataset, load
from hawx_hw.datasets.dataset import Split, evenly_spaced
from hawx_hw.graph.graph import Graph
from hawx_hw.networks import load as load_network
from hawx_hw.quantize import codes
from hawx_hw.quantize.calibration import quantize
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.synthesis.store import default_store
from hawx_hw.technology import load as load_technology

__all__ = ["BLOCKS", "LEVELS", "Case", "case"]

LEVELS = ("layers", "filters")
#: The blocks to choose from, by their number: where filters are compensated, and where not. With
#: finer blocks the compensated network would lose nothing, and there would be nothing to search.
BLOCKS = {
    True: {
        2: ("exact", "precision(w=2,a=2)"),
        3: ("exact", "array(5,4,0)", "precision(w=2,a=4)"),
        8: (
            *("exact", "array(3,3,0)", "array(4,4,0)", "array(5,4,0)"),
            *("array(5,5,0)", "roup(p=3,r=4)", "precision(w=2,a=4)", "precision(w=2,a=2)"),
        ),
    },
    False: {
        2: ("exact", "array(2,2,0)"),
        3: ("exact", "array(1,1,0)", "array(2,2,0)"),
        8: (
            *("exact", "array(0,0,4)", "array(1,0,4)", "array(1,1,0)"),
            *("array(2,0,5)", "array(2,2,0)", "array(3,0,0)", "array(3,3,0)"),
        ),
    },
}
_CALIBRATION = 512


@dataclass(frozen=True)
class Case:
    """A space with all that is needed to search it.

    Parameters
    ----------
    name : str
    dataset : Dataset
    graph : Graph
    blocks : list of Block
    space : Space
    change : callable or None
        Gives the graph of a vector.
    cost : MultiplierEnergy
        Of all multiplications; those of linear layers that are not searched are exact.
    test : Split
        Images of the ground truth and of the searches.
    """

    name: str
    dataset: Dataset
    graph: Graph
    blocks: list[Block]
    space: Space
    change: Callable[[np.ndarray], Graph] | None
    cost: MultiplierEnergy
    test: Split

    @property
    def reference(self) -> tuple[float, float]:
        """An accuracy drop of five percentage points, and the cost of exact blocks everywhere."""
        exact = self.cost(self.space.uniform(0)[None])[self.cost.objective]
        return 5.0, float(exact[0])


def case(level: str, count: int, images: int, *, compensated: bool = True) -> Case:
    """LeNet-5 with ``count`` blocks for its layers, or for the filters of its convolutions."""
    dataset = load("mnist")
    pixels = evenly_spaced(dataset.train, _CALIBRATION).images
    graph = quantize(load_network("lenet5", dataset, None), pixels, name="lenet5")
    blocks = [by_name(name) for name in BLOCKS[compensated][count]]
    if level == "layers":
        space = Space.by_layer(graph, blocks)
    else:
        space = Space.by_filter(graph, blocks, ["conv1", "conv2"])
    energies = _energies(blocks)
    cost = MultiplierEnergy(
        space, energies, rest=graph.macs - int(space.macs.sum()), rest_fj=energies[0]
    )
    return Case(
        name=f"{level}_{count}_{images}_{'compensated' if compensated else 'plain'}",
        dataset=dataset,
        graph=graph,
        blocks=blocks,
        space=space,
        change=Compensated(graph, space, codes(pixels)) if compensated else None,
        cost=cost,
        test=evenly_spaced(dataset.test, images),
    )


def _energies(blocks: Sequence[Block]) -> list[float]:
    """Energy of a multiplication in fJ, in the smallest implementation in generic45."""
    technology = load_technology("generic45")
    table = BlockTable().completed(blocks, technology, store=default_store())
    return [table.chosen(block).energy_fj for block in blocks]
