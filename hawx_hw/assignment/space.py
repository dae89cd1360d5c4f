"""The space of a search: units, the candidate blocks, and assignments as vectors of integers.

A unit is a layer, a filter or a group of filters, or a kernel slice of one of these. A vector has
the index of a block for each unit, in the order of layers, filters (or groups) and slices. The
vectors of a space are also numbered, the last unit varying fastest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from hawx_hw.assignment.indexed import indexed
from hawx_hw.assignment.units import CHANNEL_PARTS, SLICES, kernel_slices
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import Block
from hawx_hw.graph.graph import Conv2d, Graph, Linear, node_macs

__all__ = ["Space"]


class Space:
    """All assignments of some blocks to the units of some layers.

    Parameters
    ----------
    graph : Graph
    blocks : sequence of Block
        At least two, no two with the same table.
    units : mapping of str to ndarray of int
        For each searched layer the unit of every weight, in the weights' shape, counted from 0
        without gaps; other layers are exact.

    Raises
    ------
    ValueError
        A layer does not exist, or blocks or units are not as described.
    """

    def __init__(self, graph: Graph, blocks: Sequence[Block], units: Mapping[str, np.ndarray]):
        if len(blocks) < 2 or len({block.digest for block in blocks}) != len(blocks):
            raise ValueError("Blocks must be at least two, and no two of the same table")
        weighted = {n.name: n for n in graph.nodes if isinstance(n, (Conv2d, Linear))}
        unknown = sorted(set(units) - set(weighted))
        if unknown or not units:
            raise ValueError(f"Layers must be one or more of {list(weighted)}, not {unknown!r}")
        self._blocks = tuple(blocks)
        self._layers = tuple(name for name in weighted if name in units)
        self._units: dict[str, np.ndarray] = {}
        self._first: dict[str, int] = {}
        macs: list[int] = []
        for name in self._layers:
            node, unit = weighted[name], np.asarray(units[name])
            count = np.bincount(unit.ravel().astype(np.int64))
            if unit.shape != node.weight.shape or not count.all():
                raise ValueError(
                    f"Units of {name!r} must be of shape {node.weight.shape} and counted from 0 "
                    f"without gaps"
                )
            self._first[name] = len(macs)
            self._units[name] = unit.astype(np.int64)
            pixels = node_macs(node, graph.tensors[name].shape) // node.weight.size
            macs += (count * pixels).tolist()
        self._macs = np.array(macs, dtype=np.int64)

    @classmethod
    def by_layer(
        cls, graph: Graph, blocks: Sequence[Block], layers: Sequence[str] | None = None
    ) -> Self:
        """One unit for each of ``layers``; None for all layers."""
        shapes = _shapes(graph, layers)
        return cls(graph, blocks, {n: np.zeros(s, dtype=np.int64) for n, s in shapes.items()})

    @classmethod
    def by_filter(
        cls, graph: Graph, blocks: Sequence[Block], layers: Sequence[str] | None = None
    ) -> Self:
        """One unit for each filter of a convolution and each output of a linear layer."""
        return cls.by_slice(graph, blocks, {}, layers)

    @classmethod
    def by_slice(
        cls,
        graph: Graph,
        blocks: Sequence[Block],
        slices: Mapping[str, np.ndarray],
        layers: Sequence[str] | None = None,
        *,
        groups: Mapping[str, np.ndarray] | None = None,
    ) -> Self:
        """One unit for each kernel slice of a filter, or of a group of filters.

        Parameters
        ----------
        slices : mapping of str to ndarray of int
            The slice of every tap of some layers, of shape ``weight.shape[1:]``, counted from 0;
            filters of other layers are one unit each.
        groups : mapping of str to ndarray of int, or None
            The group of every filter of some layers, ``(filters,)``, counted from 0; filters of
            other layers are a group each.
        """
        units = {}
        for name, shape in _shapes(graph, layers).items():
            part = np.asarray(slices.get(name, np.zeros(shape[1:], dtype=np.int64)))
            group = np.asarray((groups or {}).get(name, np.arange(shape[0])))
            filters = group.reshape((-1,) + (1,) * (len(shape) - 1))
            units[name] = filters * (int(part.max()) + 1) + part
        return cls(graph, blocks, units)

    @classmethod
    def by_granularity(
        cls,
        graph: Graph,
        blocks: Sequence[Block],
        granularity: str,
        slices: str = SLICES[0],
        channel_parts: int = CHANNEL_PARTS,
        *,
        groups: Mapping[str, np.ndarray] | None = None,
    ) -> Self:
        """One unit for each layer, filter or kernel slice of all layers.

        Parameters
        ----------
        granularity, slices : str
        channel_parts : int
            See :func:`~hawx_hw.assignment.units.kernel_slices`.
        groups : mapping of str to ndarray of int, or None
            See :meth:`by_slice`; not with layers.

        Raises
        ------
        ValueError
            There is no such granularity, there are no such slices, or no parts.
        """
        taps = kernel_slices(graph, granularity, slices, channel_parts)
        if granularity == "layer":
            return cls.by_layer(graph, blocks)
        return cls.by_slice(graph, blocks, taps, groups=groups)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that are searched."""
        return self._layers

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The candidate blocks."""
        return self._blocks

    @property
    def units(self) -> int:
        """Length of a vector."""
        return len(self._macs)

    @property
    def macs(self) -> np.ndarray:
        """Multiplications an image of each unit: int64 ``(units,)``."""
        return self._macs

    @property
    def size(self) -> int:
        """Number of assignments."""
        return int(len(self._blocks) ** self.units)

    def unit(self, layer: str) -> np.ndarray:
        """The position in the vector of every weight of a layer: int64, in the weights' shape."""
        positions: np.ndarray = self._units[layer] + self._first[layer]
        return positions

    def uniform(self, block: int) -> np.ndarray:
        """The vector of one block everywhere: int64 ``(units,)``."""
        return np.full(self.units, block, dtype=np.int64)

    def checked(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors as int64 ``(n, units)``.

        Raises
        ------
        ValueError
            They are of another shape, not whole numbers, or not indices of blocks.
        """
        array = np.atleast_2d(np.asarray(vectors))
        if array.ndim != 2 or array.shape[1] != self.units:
            raise ValueError(f"Vectors must be of shape (n, {self.units}), not {array.shape}")
        if not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"Vectors must be whole numbers, not {array.dtype}")
        if array.size and not (array.min() >= 0 and array.max() < len(self._blocks)):
            raise ValueError(
                f"Vectors must be in [0, {len(self._blocks)}), not in "
                f"[{array.min()}, {array.max()}]"
            )
        return array.astype(np.int64)

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """The vectors of some numbers in [0, size): int64 ``(n, units)``."""
        if self.size > 2**62:
            raise ValueError(f"A space of {self.size} assignments is too large to be numbered")
        rest = np.asarray(numbers, dtype=np.int64)
        if rest.size and not (rest.min() >= 0 and rest.max() < self.size):
            raise ValueError(f"Numbers must be in [0, {self.size})")
        vectors = np.empty((len(rest), self.units), dtype=np.int64)
        for unit in reversed(range(self.units)):
            rest, vectors[:, unit] = np.divmod(rest, len(self._blocks))
        return vectors

    def numbers(self, vectors: np.ndarray) -> np.ndarray:
        """The numbers of vectors, the reverse of :meth:`vectors`: int64 ``(n,)``."""
        if self.size > 2**62:
            raise ValueError(f"A space of {self.size} assignments is too large to be numbered")
        numbers = np.zeros(len(np.atleast_2d(vectors)), dtype=np.int64)
        for choice in self.checked(vectors).T:
            numbers = numbers * len(self._blocks) + choice
        return numbers

    def assignment(self, vector: np.ndarray) -> dict[str, LayerBlocks]:
        """The block of every weight."""
        (vector,) = self.checked(vector)
        return {name: indexed(self._blocks, vector[self.unit(name)]) for name in self._layers}

    def vector(self, assignment: Mapping[str, LayerBlocks]) -> np.ndarray:
        """The vector of an assignment, the reverse of :meth:`assignment`: int64 ``(units,)``.

        Raises
        ------
        ValueError
            It is not in the space: other layers, other blocks, or units of several blocks.
        """
        digests = {block.digest: index for index, block in enumerate(self._blocks)}
        vector = np.empty(self.units, dtype=np.int64)
        if set(assignment) != set(self._layers):
            raise ValueError(f"Assignment must be of layers {list(self._layers)}")
        for name in self._layers:
            layer = assignment[name]
            missing = [block.name for block in layer.blocks if block.digest not in digests]
            if missing:
                raise ValueError(f"Assignment must be of the space's blocks, not {missing[0]!r}")
            chosen = np.array([digests[block.digest] for block in layer.blocks])[layer.choice]
            vector[self.unit(name)] = chosen
            if (vector[self.unit(name)] != chosen).any():
                raise ValueError(f"Assignment must have one block a unit in {name!r}")
        return vector


def _shapes(graph: Graph, layers: Sequence[str] | None) -> dict[str, tuple[int, ...]]:
    shapes = {n.name: n.weight.shape for n in graph.nodes if isinstance(n, (Conv2d, Linear))}
    if layers is None:
        return shapes
    unknown = [name for name in layers if name not in shapes]
    if unknown:
        raise ValueError(f"Layers must be one or more of {list(shapes)}, not {unknown!r}")
    return {name: shapes[name] for name in layers}
