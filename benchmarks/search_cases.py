"""LeNet-5 and the spaces of the exhaustive ground truth, with images that nothing else looks at.

Calibration, compensation, scores and searches use images that the network learned from
(:mod:`hawx_hw.datasets.roles`), the ground truth is about test images. ``draws`` of the images for
learning show how much a search depends on which it happens to get.
"""

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
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Graph
from hawx_hw.networks import load as load_network
from hawx_hw.quantize import codes
from hawx_hw.quantize.calibration import quantize
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.synthesis.store import default_store
from hawx_hw.technology import load as load_technology

__all__ = ["BLOCKS", "DATASETS", "DRAWS", "LEVELS", "PARTS", "Case", "case", "named"]

DATASETS = ("mnist", "digits")
LEVELS = ("layers", "filters")
#: Draws of the images for learning.
DRAWS = 5
PARTS = ("test", *(f"learn{number}" for number in range(DRAWS)))
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
    images : Split
        Of the ground truth: test images, or a draw of those for learning.
    """

    name: str
    dataset: Dataset
    graph: Graph
    blocks: list[Block]
    space: Space
    change: Callable[[np.ndarray], Graph] | None
    cost: MultiplierEnergy
    images: Split

    @property
    def reference(self) -> tuple[float, float]:
        """An accuracy drop of five percentage points, and the cost of exact blocks everywhere."""
        exact = self.cost(self.space.uniform(0)[None])[self.cost.objective]
        return 5.0, float(exact[0])

    def draw(self, number: int, count: int) -> Split:
        """``count`` images to learn from, by chance; the draws are disjoint where there are enough.

        Parameters
        ----------
        number : int
            Of the draw, in [0, DRAWS).
        count : int
        """
        return drawn(roles(self.dataset).learn, number, count)


def drawn(split: Split, number: int, count: int) -> Split:
    """Some images of a split, by chance: see :meth:`Case.draw`."""
    if not 0 <= number < DRAWS:
        raise ValueError(f"number must be in [0, {DRAWS}), not {number!r}")
    count = min(count, len(split))
    if DRAWS * count <= len(split):
        order = np.random.default_rng(0).permutation(len(split))
        chosen = order[number * count : (number + 1) * count]
    else:
        chosen = np.random.default_rng(number).permutation(len(split))[:count]
    return split.take(np.sort(chosen))


def named(name: str) -> Case:
    """The case of a name, such as ``mnist_layers_8_test_10000_compensated``.

    Raises
    ------
    UserError
        There is no such case.
    """
    parts = name.split("_")
    known = (
        len(parts) == 6
        and parts[0] in DATASETS
        and parts[1] in LEVELS
        and parts[2] in map(str, BLOCKS[True])
        and parts[3] in PARTS
        and parts[4].isdigit()
        and parts[5] in ("compensated", "plain")
    )
    if not known:
        raise UserError(
            f"There is no case {name!r}",
            hint="A name is such as mnist_layers_8_test_10000_compensated.",
        )
    compensated = parts[5] == "compensated"
    return case(
        parts[1], int(parts[2]), int(parts[4]), parts[3], dataset=parts[0], compensated=compensated
    )


def case(
    level: str,
    count: int,
    images: int,
    part: str = "test",
    *,
    dataset: str = "mnist",
    compensated: bool = True,
) -> Case:
    """LeNet-5 with ``count`` blocks for its layers, or for the filters of its convolutions.

    Parameters
    ----------
    level : str
        One of :data:`LEVELS`.
    count : int
        Of blocks, a key of :data:`BLOCKS`.
    images : int
        Of the ground truth.
    part : str
        Of which these are, one of :data:`PARTS`.
    dataset : str
        One of :data:`DATASETS`.
    compensated : bool
        Whether filters are compensated for their blocks.
    """
    data = load(dataset)
    parts = roles(data)
    pixels = parts.proposing(_CALIBRATION).images
    graph = quantize(load_network("lenet5", data, None), pixels, name="lenet5")
    blocks = [by_name(name) for name in BLOCKS[compensated][count]]
    if level == "layers":
        space = Space.by_layer(graph, blocks)
    else:
        space = Space.by_filter(graph, blocks, ["conv1", "conv2"])
    energies = _energies(blocks)
    cost = MultiplierEnergy(
        space, energies, rest=graph.macs - int(space.macs.sum()), rest_fj=energies[0]
    )
    if part == "test":
        seen = evenly_spaced(parts.test, images)
    else:
        seen = drawn(parts.learn, int(part.removeprefix("learn")), images)
    return Case(
        name=f"{dataset}_{level}_{count}_{part}_{len(seen)}_"
        + ("compensated" if compensated else "plain"),
        dataset=data,
        graph=graph,
        blocks=blocks,
        space=space,
        change=Compensated(graph, space, codes(pixels), weights="one_by_one")
        if compensated
        else None,
        cost=cost,
        images=seen,
    )


def _energies(blocks: Sequence[Block]) -> list[float]:
    """Energy of a multiplication in fJ, in the smallest implementation in generic45."""
    technology = load_technology("generic45")
    table = BlockTable().completed(blocks, technology, store=default_store())
    return [table.chosen(block).energy_fj for block in blocks]
