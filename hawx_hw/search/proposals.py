"""Assignments that a search of designs considers, by kind.

Any assignment can run on hardware that all layers share, but most make it larger or slower. One
block everywhere never does; what else suits the hardware its architecture proposes. Assignments
that are best by sums of scores and costs alone, by layer, by kernel slice and by unit
(:func:`~hawx_hw.search.convex_steps.convex_steps`), are tried beside these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import architecture_of
from hawx_hw.assignment.space import Space
from hawx_hw.search.convex_steps import convex_steps

__all__ = ["Proposals", "proposals", "swept_layers", "swept_slices", "uniforms"]


@dataclass(frozen=True, eq=False)
class Proposals:
    """Assignments of one kind.

    Parameters
    ----------
    vectors : ndarray of int64
        ``(n, units)``, n >= 0.
    sums : bool
        Whether they are best by sums alone, whatever the hardware is.
    """

    vectors: np.ndarray
    sums: bool = False


def proposals(
    space: Space,
    scores: np.ndarray,
    costs: np.ndarray,
    accelerators: Sequence[AcceleratorConfig],
) -> list[Proposals]:
    """All proposals, no assignment twice.

    Parameters
    ----------
    space : Space
    scores, costs : ndarray of float64
        ``(units, blocks)``: what each unit adds under each block.
    accelerators : sequence of AcceleratorConfig
        Those that may be built, all of one architecture; at least one.

    Returns
    -------
    list of Proposals
        Those of one block; the kinds that the architecture proposes; best sums by layer, by kernel
        slice of a whole layer where filters are divided, and by unit.
    """
    architecture = architecture_of(accelerators[0])
    kinds = [
        Proposals(uniforms(space)),
        *map(Proposals, architecture.propose(space, scores, costs, accelerators)),
        Proposals(swept_layers(space, scores, costs), sums=True),
        Proposals(swept_slices(space, scores, costs), sums=True),
        Proposals(convex_steps(scores, costs), sums=True),
    ]
    known = set[bytes]()
    distinct = []
    for kind in kinds:
        new = {vector.tobytes(): vector for vector in kind.vectors}
        vectors = [vector for key, vector in new.items() if key not in known]
        known |= set(new)
        array = np.array(vectors, dtype=np.int64).reshape(-1, space.units)
        distinct.append(Proposals(array, kind.sums))
    return distinct


def uniforms(space: Space) -> np.ndarray:
    """Each block everywhere: int64 ``(blocks, units)``."""
    return np.stack([space.uniform(block) for block in range(len(space.blocks))])


def swept_layers(space: Space, scores: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Best by sums of scores and costs among assignments of whole layers: ``(n, units)``."""
    layer = np.empty(space.units, dtype=np.int64)
    for index, name in enumerate(space.layers):
        layer[space.unit(name)] = index
    return _swept(layer, scores, costs)


def swept_slices(space: Space, scores: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Best by sums among assignments that give a kernel slice of all filters one block.

    All filters of a layer are then of one kind: hardware need not sort filters, but taps alone.

    Parameters
    ----------
    space : Space
    scores, costs : ndarray of float64
        ``(units, blocks)``

    Returns
    -------
    ndarray of int64
        ``(n, units)``; nothing where no filter is divided.
    """
    part = np.empty(space.units, dtype=np.int64)
    count = 0
    for name in space.layers:
        units = space.unit(name).reshape(len(space.unit(name)), -1)
        # Taps of one slice have the same unit in every filter.
        _, slices = np.unique(units, axis=1, return_inverse=True)
        part[units] = count + slices.reshape(-1)
        count += int(slices.max()) + 1
    if count == len(space.layers):
        return np.empty((0, space.units), dtype=np.int64)
    return _swept(part, scores, costs)


def _swept(part: np.ndarray, scores: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Best sums where all units of a part have one block: int64 ``(n, units)``."""
    by_part = [
        np.stack([values[part == index].sum(axis=0) for index in range(int(part.max()) + 1)])
        for values in (scores, costs)
    ]
    vectors: np.ndarray = convex_steps(*by_part)[:, part]
    return vectors
